/// Texts to be turned into vectors, in no dialect. Unchecked.
public struct EmbeddingRequest: Sendable {
    /// The model by name, or nil for the server's only one.
    public var model: String?
    public var inputs: [CompletionPrompt]
    /// How many numbers of each vector are wanted, from its start; nil wants all.
    public var dimensions: Int?
    public var normalization: EmbeddingNormalization
    /// Whether an input that is too long is cut at its end instead of refused.
    public var truncates: Bool
    /// Of these, the time limits and what is said about the prefix cache count.
    public var options: GenerationOptions

    public init(
        model: String? = nil, inputs: [CompletionPrompt], dimensions: Int? = nil,
        normalization: EmbeddingNormalization = .euclidean, truncates: Bool = false,
        options: GenerationOptions = GenerationOptions()
    ) {
        self.model = model
        self.inputs = inputs
        self.dimensions = dimensions
        self.normalization = normalization
        self.truncates = truncates
        self.options = options
    }
}

/// What is 1 of every embedding.
public enum EmbeddingNormalization: Sendable, Hashable {
    /// Nothing: the state as it is.
    case none
    /// The sum of the absolute values.
    case taxicab
    /// The length.
    case euclidean

    /// The first so many numbers of a state, scaled. A state of nothing but zeros stays as it is.
    func apply(to state: [Float], dimensions: Int) -> [Float] {
        let values = state.prefix(dimensions)
        let norm: Double
        switch self {
        case .none: return Array(values)
        case .taxicab: norm = values.reduce(0) { $0 + Double($1).magnitude }
        case .euclidean: norm = values.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        }
        guard norm > 0 else { return Array(values) }
        return values.map { Float(Double($0) / norm) }
    }
}

/// What came of an ``EmbeddingRequest``.
public struct EmbeddingResult: Sendable {
    public var model: ServedModel
    /// One for each input, in their order.
    public var embeddings: [[Float]]
    public var usage: TokenUsage
}
