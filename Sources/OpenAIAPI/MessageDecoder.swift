internal import APIDoors
internal import Chat
internal import JSON

/// Reads `messages` in every form that clients send: text, parts, null, old function calls, reasoning in any spelling.
enum MessageDecoder {
    static func messages(from root: inout FieldReader) throws(APIError) -> [ChatMessage] {
        guard let elements = try root.array("messages") else { throw root.missing("messages") }
        guard !elements.isEmpty else { throw root.invalid("messages", "'messages' must hold at least one message.") }
        var messages: [ChatMessage] = []
        messages.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            let path = root.path.appending(key: "messages").appending(index: index)
            guard let object = element.objectValue else {
                throw .invalid(path.description, "'\(path)' must be an object, not \(element.kind).")
            }
            var reader = FieldReader(object, path: path)
            messages.append(try message(from: &reader))
            root.take(reader)
        }
        return messages
    }

    /// A message, whose fields are read.
    static func message(from reader: inout FieldReader) throws(APIError) -> ChatMessage {
        guard let role = try reader.string("role") else { throw reader.missing("role") }
        // Prompts are always cached.
        reader.passOver("cache_control")
        switch role {
        case "tool", "function":
            // The call's id says whose result it is.
            reader.passOver("name")
        default:
            if try reader.string("name") != nil {
                reader.warn("name", "Chat templates have no place for it; it has no effect.")
            }
        }
        switch role {
        case "system", "developer":
            return ChatMessage(role: .system, content: try requiredText(from: &reader))
        case "user":
            return ChatMessage(role: .user, content: try requiredText(from: &reader))
        case "assistant":
            return try assistantMessage(from: &reader)
        case "tool", "function":
            return try toolMessage(from: &reader)
        default:
            throw reader.invalid(
                "role",
                "'\(reader.path(of: "role"))' must be one of system, developer, user, assistant, tool and function, "
                    + "not '\(role.prefix(40))'.")
        }
    }

    private static func assistantMessage(from reader: inout FieldReader) throws(APIError) -> ChatMessage {
        let refusal = try reader.string("refusal")
        if reader.object["annotations"] == [] { reader.passOver("annotations") }
        return ChatMessage(
            role: .assistant,
            content: try text(from: &reader) ?? refusal,
            reasoning: try reasoning(from: &reader),
            toolCalls: try toolCalls(from: &reader)
        )
    }

    private static func toolMessage(from reader: inout FieldReader) throws(APIError) -> ChatMessage {
        let identifier = try reader.string("tool_call_id")
        let otherIdentifier = try reader.string("id")
        return ChatMessage(
            role: .tool, content: try toolResult("content", from: &reader) ?? "",
            toolCallID: identifier ?? otherIdentifier)
    }

    private static func requiredText(from reader: inout FieldReader) throws(APIError) -> String {
        guard let text = try text(from: &reader) else { throw reader.missing("content") }
        return text
    }

    /// A string, or the texts of a list of parts one after another; nil for null and where there is none.
    private static func text(from reader: inout FieldReader) throws(APIError) -> String? {
        switch reader.value("content") {
        case nil: return nil
        case .string(let text): return text
        case .array(let parts): return try flattened(parts, "content", of: &reader)
        case .some(let other):
            throw reader.wrongType("content", expected: "a string or an array of parts", other)
        }
    }

    /// What a tool returned: values that are no text become their JSON text. Nil for null and where there is none.
    static func toolResult(_ key: String, from reader: inout FieldReader) throws(APIError) -> String? {
        switch reader.value(key) {
        case nil: return nil
        case .string(let text): return text
        case .array(let parts) where parts.allSatisfy({ $0["type"]?.stringValue != nil }):
            return try flattened(parts, key, of: &reader)
        case .some(let other): return other.serialized(.spaced)
        }
    }

    private static func flattened(
        _ parts: [JSONValue], _ key: String, of message: inout FieldReader
    ) throws(APIError) -> String {
        let path = message.path.appending(key: key)
        var text = ""
        for (index, part) in parts.enumerated() {
            if let string = part.stringValue {
                text += string
                continue
            }
            let partPath = path.appending(index: index)
            guard let object = part.objectValue else {
                throw .invalid(partPath.description, "'\(partPath)' must be an object, not \(part.kind).")
            }
            var reader = FieldReader(object, path: partPath)
            text += try partText(from: &reader)
            message.take(reader)
        }
        return text
    }

    private static func partText(from reader: inout FieldReader) throws(APIError) -> String {
        guard let type = try reader.string("type") else { throw reader.missing("type") }
        reader.passOver("cache_control")
        // This server's own responses have them, empty.
        for key in ["annotations", "logprobs"] where reader.object[key] == [] { reader.passOver(key) }
        let key: String
        switch type {
        case "text", "input_text", "output_text": key = "text"
        case "refusal": key = "refusal"
        default:
            throw .unsupported(
                reader.path.description,
                "'\(reader.path)' has the type '\(type.prefix(40))', but this model reads text only.")
        }
        guard let text = try reader.string(key) else { throw reader.missing(key) }
        return text
    }

    /// Earlier reasoning in the spelling of whichever server the client was written for.
    private static func reasoning(from reader: inout FieldReader) throws(APIError) -> String? {
        var found: String?
        for key in ["reasoning_content", "reasoning", "thinking"] {
            let text = try reader.string(key)
            found = found ?? text
        }
        guard let details = try reader.array("reasoning_details") else { return found }
        var texts: [String] = []
        for (index, detail) in details.enumerated() {
            guard let object = detail.objectValue else {
                let path = "\(reader.path(of: "reasoning_details"))[\(index)]"
                throw .invalid(path, "'\(path)' must be an object, not \(detail.kind).")
            }
            let path = reader.path.appending(key: "reasoning_details").appending(index: index)
            var detailReader = FieldReader(object, path: path)
            if let text = try detailReader.string("text") {
                texts.append(text)
            }
            detailReader.passOver("type", "format", "index", "id", "signature")
            reader.take(detailReader)
        }
        return found ?? (texts.isEmpty ? nil : texts.joined())
    }

    private static func toolCalls(from reader: inout FieldReader) throws(APIError) -> [ToolCall] {
        var calls: [ToolCall] = []
        for (index, element) in (try reader.array("tool_calls") ?? []).enumerated() {
            let path = reader.path.appending(key: "tool_calls").appending(index: index)
            guard let object = element.objectValue else {
                throw .invalid(path.description, "'\(path)' must be an object, not \(element.kind).")
            }
            var call = FieldReader(object, path: path)
            let identifier = try call.string("id") ?? ""
            call.passOver("type", "index")
            guard var function = try call.reader("function") else { throw call.missing("function") }
            calls.append(try toolCall(id: identifier, from: &function))
            call.take(function)
            reader.take(call)
        }
        if var function = try reader.reader("function_call") {
            calls.append(try toolCall(id: "", from: &function))
            reader.take(function)
        }
        return calls
    }

    private static func toolCall(id: String, from function: inout FieldReader) throws(APIError) -> ToolCall {
        guard let name = try function.string("name") else { throw function.missing("name") }
        switch function.value("arguments") {
        case nil: return ToolCall(id: id, name: name, arguments: "{}")
        case .string(let text): return ToolCall(id: id, name: name, arguments: text)
        case .object(let object): return ToolCall(id: id, name: name, argumentValue: .object(object))
        case .some(let other): throw function.wrongType("arguments", expected: "a string or an object", other)
        }
    }
}
