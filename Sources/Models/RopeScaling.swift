/// How a model's positions are to be stretched beyond the context that it was trained with.
public struct RopeScaling: Hashable, Sendable {
    public enum Method: String, Hashable, Sendable, CaseIterable {
        /// As the checkpoint says; by length where it says nothing and a longer context is asked for.
        case automatic = "auto"
        /// Not at all, whatever the checkpoint says.
        case none
        /// All positions divided by the factor.
        case linear
        /// YaRN with one factor for every sequence.
        case yarn
        /// YaRN with the smallest factor that a sequence's length needs: none within the original context.
        case byLength = "by-length"
    }

    public var method: Method
    /// The factor, by length the largest. Nil: the checkpoint's, or 4 by length, as far as Qwen documents.
    public var factor: Double?
    /// The context that YaRN's ramp is worked out for; nil: the checkpoint's.
    public var originalContextLength: Int?
    /// How many tokens there must be room for; nil asks for no more than the method gives.
    public var contextLength: Int?

    public init(
        method: Method = .automatic, factor: Double? = nil, originalContextLength: Int? = nil,
        contextLength: Int? = nil
    ) {
        self.method = method
        self.factor = factor
        self.originalContextLength = originalContextLength
        self.contextLength = contextLength
    }
}
