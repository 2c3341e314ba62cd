/// How much a model is to think, by a name: OpenAI's `reasoning_effort`, Ollama's `think`, Anthropic's `effort`.
public enum ThinkingLevel: String, Sendable, Hashable, CaseIterable {
    case none, minimal, low, medium, high, xhigh, max

    /// Whether there is any thinking.
    public var thinks: Bool { self != .none }

    /// The most tokens of thinking; nil sets no bound.
    public var budget: Int? {
        switch self {
        case .none, .xhigh, .max: nil
        case .minimal: 256
        case .low: 1024
        case .medium: 4096
        case .high: 16_384
        }
    }

    /// All names, for messages.
    public static let names = allCases.map(\.rawValue).joined(separator: ", ")
}
