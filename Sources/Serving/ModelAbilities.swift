public import Models
public import Tokens

/// What a model answers, and how.
public struct ModelAbilities: Sendable {
    /// Whether it chats and completes.
    public var generates: Bool
    /// How a text becomes an embedding; nil where the model is not asked for any.
    public var embedding: EmbeddingMethod?
    /// How a document is judged; nil where the model judges none.
    public var reranking: RerankingMethod?

    public init(generates: Bool = true, embedding: EmbeddingMethod? = nil, reranking: RerankingMethod? = nil) {
        self.generates = generates
        self.embedding = embedding
        self.reranking = reranking
    }
}

/// How a text becomes an embedding: the state behind its last token.
public struct EmbeddingMethod: Sendable, Hashable {
    /// What stands behind each text.
    public var end: [TokenID]

    public init(end: [TokenID] = []) {
        self.end = end
    }
}

/// What the last token of a prompt says about a document's relevance.
public enum RerankingMethod: Sendable, Hashable {
    /// How likely the first of these tokens is, of the two.
    case tokens(yes: TokenID, no: TokenID)
    /// How likely a label is, of all; a single one stands for itself.
    case classifier(StateClassifier, label: Int)
}
