internal import APIDoors
public import Chat
public import JSON

/// A conversation in the form of `messages`, for whoever keeps one in a file or sends one to a server.
public enum ConversationJSON {
    /// The messages of a request's body.
    ///
    /// - Throws: where a message cannot be read; the error names the place.
    public static func messages(in body: JSONObject) throws(ConversationError) -> [ChatMessage] {
        var root = FieldReader(body)
        do {
            return try MessageDecoder.messages(from: &root)
        } catch {
            throw ConversationError(description: error.message)
        }
    }

    /// The messages as `messages` of a request; earlier reasoning is kept as `reasoning_content`.
    public static func value(of messages: [ChatMessage]) -> JSONValue {
        .array(messages.map { .object(object(of: $0)) })
    }

    private static func object(of message: ChatMessage) -> JSONObject {
        var object: JSONObject = ["role": .string(message.role.rawValue)]
        if let reasoning = message.reasoning, !reasoning.isEmpty {
            object["reasoning_content"] = .string(reasoning)
        }
        object["content"] = message.content.map(JSONValue.string) ?? .null
        if !message.toolCalls.isEmpty {
            object["tool_calls"] = .array(
                message.toolCalls.map { call in
                    [
                        "id": .string(call.id), "type": "function",
                        "function": ["name": .string(call.name), "arguments": .string(call.arguments)],
                    ]
                })
        }
        if let identifier = message.toolCallID {
            object["tool_call_id"] = .string(identifier)
        }
        return object
    }
}

/// Why messages cannot be read: one line that names the place.
public struct ConversationError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}
