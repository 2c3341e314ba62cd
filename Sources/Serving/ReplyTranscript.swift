internal import Chat

/// A reply as the message that it is in the conversation when that goes on: what the client was told, and what was thought
/// before, whether it was told or not.
struct ReplyTranscript: Sendable {
    private(set) var message = ChatMessage(role: .assistant)

    mutating func add(_ delta: OutputDelta) {
        switch delta {
        case .reasoning(let text): message.reasoning = (message.reasoning ?? "") + text
        case .content(let text): message.content = (message.content ?? "") + text
        case .toolCallBegan(_, let id, let name):
            message.toolCalls.append(ToolCall(id: id, name: name, arguments: ""))
        case .toolCallArguments(_, let text):
            guard let last = message.toolCalls.indices.last else { return }
            message.toolCalls[last].arguments += text
        }
    }
}
