/// One message of a conversation, in the one form that every template renders well.
///
/// Content is text, never a list of parts. `developer` messages are `system` ones here, and `function` ones `tool`.
public struct ChatMessage: Hashable, Sendable {
    /// Who speaks.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        case system
        case user
        case assistant
        case tool
    }

    public var role: Role
    /// Nil where an assistant said nothing, as with tool calls.
    public var content: String?
    /// What an assistant thought before; nil where the client did not say, so that `content` may begin with it.
    public var reasoning: String?
    public var toolCalls: [ToolCall]
    /// Of a tool's result: which call it answers.
    public var toolCallID: String?

    /// A message.
    public init(
        role: Role, content: String? = nil, reasoning: String? = nil, toolCalls: [ToolCall] = [],
        toolCallID: String? = nil
    ) {
        self.role = role
        self.content = content
        self.reasoning = reasoning
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
    }
}
