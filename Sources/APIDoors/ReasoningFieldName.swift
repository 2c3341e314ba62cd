/// The member that reasoning is sent in.
public enum ReasoningFieldName: String, Sendable, Hashable, CaseIterable {
    case reasoningContent = "reasoning_content"
    case reasoning
    case both

    /// The names of the members.
    package var keys: [String] {
        self == .both ? [Self.reasoningContent.rawValue, Self.reasoning.rawValue] : [rawValue]
    }
}
