/// Documents to be judged by their relevance to a query, in no dialect. Unchecked.
public struct RerankRequest: Sendable {
    /// The model by name, or nil for the server's only one.
    public var model: String?
    public var query: String
    public var documents: [String]
    /// What makes a document relevant; nil leaves it at what the models were trained with.
    public var instruction: String?
    /// The most tokens of each document that are read, from its start; nil reads all.
    public var documentTokenLimit: Int?
    /// Of these, the time limits and what is said about the prefix cache count.
    public var options: GenerationOptions

    public init(
        model: String? = nil, query: String, documents: [String], instruction: String? = nil,
        documentTokenLimit: Int? = nil, options: GenerationOptions = GenerationOptions()
    ) {
        self.model = model
        self.query = query
        self.documents = documents
        self.instruction = instruction
        self.documentTokenLimit = documentTokenLimit
        self.options = options
    }
}

/// What came of a ``RerankRequest``.
public struct RerankResult: Sendable {
    public var model: ServedModel
    /// How relevant each document is, 0 to 1, in the order of the request.
    public var scores: [Double]
    public var usage: TokenUsage

    /// The documents' places in the request with their scores, best first; of equals the earlier one.
    public var ranking: [(index: Int, score: Double)] {
        scores.enumerated().map { (index: $0.offset, score: $0.element) }
            .sorted { $0.score == $1.score ? $0.index < $1.index : $0.score > $1.score }
    }
}
