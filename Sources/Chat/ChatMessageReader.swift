public import JSON

extension ChatMessage {
    /// Reads a message as OpenAI's clients, and those of its kin, write it.
    ///
    /// Content may be text, a list of text parts, null or missing; reasoning may be spelt `reasoning_content`, `reasoning`,
    /// `thinking` or `reasoning_details`; what a tool returned may be any JSON. Unknown members are ignored. Errors name the
    /// wrong member, below `path`.
    public init(json: JSONValue, path: JSONPath = JSONPath()) throws(ChatError) {
        guard json.objectValue != nil else { throw .wrongType(path, expected: "an object", found: json) }
        let reader = ChatMessageReader(message: json, path: path)
        let role = try reader.role()
        self.init(role: role, content: try reader.content(of: role))
        if role == .assistant {
            reasoning = try reader.reasoning()
            toolCalls = try reader.toolCalls()
        } else if role == .tool {
            toolCallID = json["tool_call_id"]?.stringValue ?? json["id"]?.stringValue
        }
    }
}

/// Reads the members of one message.
private struct ChatMessageReader {
    let message: JSONValue
    let path: JSONPath

    func role() throws(ChatError) -> ChatMessage.Role {
        switch message["role"]?.stringValue {
        case "system", "developer": return .system
        case "user": return .user
        case "assistant": return .assistant
        case "tool", "function": return .tool
        default:
            throw ChatError(
                field: path.appending(key: "role").description,
                reason: "expected system, developer, user, assistant, tool or function")
        }
    }

    func content(of role: ChatMessage.Role) throws(ChatError) -> String? {
        let path = path.appending(key: "content")
        switch message["content"] {
        case nil, .null: return role == .assistant ? nil : ""
        case .string(let text): return text
        case .array(let parts) where role != .tool || parts.allSatisfy(Self.isPart):
            return try text(of: parts, path: path)
        case .some(let other):
            guard role == .tool else { throw .wrongType(path, expected: "text or a list of parts", found: other) }
            return other.serialized(.spaced)
        }
    }

    private static func isPart(_ value: JSONValue) -> Bool {
        value["type"]?.stringValue != nil || value.stringValue != nil
    }

    private func text(of parts: [JSONValue], path: JSONPath) throws(ChatError) -> String {
        var text = ""
        for (index, part) in parts.enumerated() {
            let path = path.appending(index: index)
            switch part["type"]?.stringValue {
            case "text", "input_text", "output_text":
                guard let more = part["text"]?.stringValue else {
                    throw ChatError(field: path.appending(key: "text").description, reason: "expected a string")
                }
                text += more
            case "refusal":
                text += part["refusal"]?.stringValue ?? ""
            case .some(let type):
                throw ChatError(field: path.description, reason: "the model reads text only, not \(type)")
            case nil:
                guard let more = part.stringValue else {
                    throw .wrongType(path, expected: "a part with a type", found: part)
                }
                text += more
            }
        }
        return text
    }

    func reasoning() throws(ChatError) -> String? {
        for key in ["reasoning_content", "reasoning", "thinking"] {
            switch message[key] {
            case nil, .null: continue
            case .string(let text): return text
            case .some(let other):
                throw .wrongType(path.appending(key: key), expected: "a string", found: other)
            }
        }
        guard let details = message["reasoning_details"]?.arrayValue else { return nil }
        let texts = details.compactMap { $0["text"]?.stringValue }
        return texts.isEmpty ? nil : texts.joined()
    }

    func toolCalls() throws(ChatError) -> [ToolCall] {
        var calls: [ToolCall] = []
        let path = path.appending(key: "tool_calls")
        for (index, call) in (message["tool_calls"]?.arrayValue ?? []).enumerated() {
            let function = call["function"] ?? call
            calls.append(try toolCall(function, id: call["id"]?.stringValue, path: path.appending(index: index)))
        }
        if let function = message["function_call"], function.objectValue != nil {
            calls.append(try toolCall(function, id: nil, path: self.path.appending(key: "function_call")))
        }
        return calls
    }

    private func toolCall(_ function: JSONValue, id: String?, path: JSONPath) throws(ChatError) -> ToolCall {
        guard let name = function["name"]?.stringValue else {
            throw ChatError(field: path.appending(key: "name").description, reason: "expected a string")
        }
        return switch function["arguments"] {
        case nil, .null: ToolCall(id: id ?? "", name: name, arguments: "{}")
        case .string(let text): ToolCall(id: id ?? "", name: name, arguments: text)
        case .some(let value): ToolCall(id: id ?? "", name: name, argumentValue: value)
        }
    }
}
