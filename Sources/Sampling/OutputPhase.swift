/// What a generated token belongs to.
public enum OutputPhase: UInt8, Hashable, Sendable {
    /// Inside an open think block, its tags included.
    case reasoning
    /// The answer.
    case content
    /// Inside a tool call, its tags included; only where the request parses tool calls.
    case toolCall
}
