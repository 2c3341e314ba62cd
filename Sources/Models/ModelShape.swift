/// The dimensions of a decoder-only transformer that its callers need.
public struct ModelShape: Hashable, Sendable {
    public var layerCount: Int
    public var hiddenSize: Int
    public var queryHeadCount: Int
    /// Heads of keys and values; each serves `queryHeadCount / keyValueHeadCount` query heads.
    public var keyValueHeadCount: Int
    /// Length of one head's query, key and value; independent of `hiddenSize / queryHeadCount`.
    public var headDimension: Int
    /// Rows of the output head, so the length of a row of logits; may exceed the tokenizer's token count.
    public var vocabularySize: Int
    /// The longest sequence, in tokens, that the model's positions allow.
    public var contextLength: Int

    public init(
        layerCount: Int, hiddenSize: Int, queryHeadCount: Int, keyValueHeadCount: Int, headDimension: Int,
        vocabularySize: Int, contextLength: Int
    ) {
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.queryHeadCount = queryHeadCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headDimension = headDimension
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
    }
}
