internal import APIDoors
internal import Chat
internal import JSON

/// Reads `system` and `messages`: blocks become messages of text, reasoning, calls and results.
enum ConversationDecoder {
    /// `stripsBillingHeader` leaves the line out with which Claude Code opens its system prompt.
    static func messages(
        from root: inout FieldReader, stripsBillingHeader: Bool
    ) throws(APIError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        if let system = try system(from: &root, stripsBillingHeader: stripsBillingHeader) {
            messages.append(ChatMessage(role: .system, content: system))
        }
        guard let readers = try root.readers("messages") else { throw root.missing("messages") }
        guard !readers.isEmpty else { throw root.invalid("messages", "'messages' must hold at least one message.") }
        for var reader in readers {
            defer { root.take(reader) }
            guard let role = try reader.string("role") else { throw reader.missing("role") }
            switch role {
            case "user": messages += try userMessages(from: &reader)
            case "assistant": messages.append(try assistantMessage(from: &reader))
            case "system": messages.append(ChatMessage(role: .system, content: try text(of: "content", in: &reader)))
            default:
                throw reader.invalid(
                    "role",
                    "'\(reader.path(of: "role"))' must be \"user\" or \"assistant\", not \"\(role.prefix(40))\".")
            }
        }
        return messages
    }

    private static func system(
        from root: inout FieldReader, stripsBillingHeader: Bool
    ) throws(APIError) -> String? {
        switch root.value("system") {
        case nil: return nil
        case .string(let text): return stripsBillingHeader ? withoutBillingHeader(text) : text
        case .array:
            var texts: [String] = []
            for var block in try root.readers("system") ?? [] {
                texts.append(try blockText(&block))
                root.take(block)
            }
            let kept = stripsBillingHeader ? texts.compactMap(withoutBillingHeader) : texts
            return kept.isEmpty ? nil : kept.joined(separator: "\n\n")
        case .some(let other): throw root.wrongType("system", expected: "a string or an array of blocks", other)
        }
    }

    /// Claude Code opens its system prompt with a line that differs in every request, and would end the reuse of cached
    /// prompts: it is left out. Nil where there was nothing else.
    private static func withoutBillingHeader(_ text: String) -> String? {
        guard text.hasPrefix("x-anthropic-billing-header:") else { return text }
        guard let end = text.firstIndex(where: \.isNewline) else { return nil }
        let rest = text[end...].drop(while: \.isNewline)
        return rest.isEmpty ? nil : String(rest)
    }

    /// Results of tools are messages of their own, before or between what the user says.
    private static func userMessages(from reader: inout FieldReader) throws(APIError) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        var text: String?
        func flush() {
            guard let said = text else { return }
            messages.append(ChatMessage(role: .user, content: said))
            text = nil
        }
        for var block in try blocks(of: "content", in: &reader) {
            defer { reader.take(block) }
            guard try block.string("type") == "tool_result" else {
                text = (text ?? "") + (try blockText(&block))
                continue
            }
            flush()
            guard let identifier = try block.string("tool_use_id") else { throw block.missing("tool_use_id") }
            block.passOver("cache_control")
            // Chat templates have no place for it: what went wrong is told by the content.
            _ = try block.bool("is_error")
            messages.append(
                ChatMessage(role: .tool, content: try self.text(of: "content", in: &block), toolCallID: identifier))
        }
        flush()
        return messages
    }

    private static func assistantMessage(from reader: inout FieldReader) throws(APIError) -> ChatMessage {
        var message = ChatMessage(role: .assistant)
        for var block in try blocks(of: "content", in: &reader) {
            defer { reader.take(block) }
            switch try block.string("type") {
            case "thinking":
                guard let text = try block.string("thinking") else { throw block.missing("thinking") }
                message.reasoning = (message.reasoning ?? "") + text
                block.passOver("signature")
            case "redacted_thinking": block.passOver("data")
            case "tool_use": message.toolCalls.append(try toolCall(&block))
            default: message.content = (message.content ?? "") + (try blockText(&block))
            }
        }
        if message.content == nil, message.toolCalls.isEmpty {
            message.content = ""
        }
        return message
    }

    private static func toolCall(_ block: inout FieldReader) throws(APIError) -> ToolCall {
        guard let identifier = try block.string("id") else { throw block.missing("id") }
        guard let name = try block.string("name") else { throw block.missing("name") }
        let input = try block.reader("input")?.object ?? [:]
        block.passOver("cache_control")
        return ToolCall(id: identifier, name: name, argumentValue: .object(input))
    }

    private static func text(of key: String, in reader: inout FieldReader) throws(APIError) -> String {
        guard reader.value(key) != nil else { return "" }
        var text = ""
        for var block in try blocks(of: key, in: &reader) {
            text += try blockText(&block)
            reader.take(block)
        }
        return text
    }

    /// A string counts as one block of text.
    private static func blocks(of key: String, in reader: inout FieldReader) throws(APIError) -> [FieldReader] {
        switch reader.value(key) {
        case nil: throw reader.missing(key)
        case .string(let text):
            return [FieldReader(["type": "text", "text": .string(text)], path: reader.path.appending(key: key))]
        case .array: return try reader.readers(key) ?? []
        case .some(let other): throw reader.wrongType(key, expected: "a string or an array of blocks", other)
        }
    }

    private static func blockText(_ block: inout FieldReader) throws(APIError) -> String {
        guard let type = try block.string("type") else { throw block.missing("type") }
        // Prompts are always cached.
        block.passOver("cache_control")
        switch type {
        case "text":
            guard let text = try block.string("text") else { throw block.missing("text") }
            return text
        case "document":
            guard var source = try block.reader("source") else { throw block.missing("source") }
            guard try source.string("type") == "text", let text = try source.string("data") else {
                throw source.unsupported("type", "This model reads documents as text only.")
            }
            source.passOver("media_type")
            block.take(source)
            return text
        default:
            throw .unsupported(
                block.path.description,
                "'\(block.path)' has the type '\(type.prefix(40))', but this model reads text only.")
        }
    }
}
