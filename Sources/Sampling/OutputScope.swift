/// The part of an output that a setting acts on.
public enum OutputScope: String, Hashable, Sendable {
    /// Everything that is generated.
    case all
    /// What is no reasoning: the answer and its tool calls.
    case content
    /// What stands in a think block, its tags included.
    case reasoning

    /// Whether what belongs to the phase is acted on.
    public func covers(_ phase: OutputPhase) -> Bool {
        switch self {
        case .all: true
        case .content: phase != .reasoning
        case .reasoning: phase == .reasoning
        }
    }
}
