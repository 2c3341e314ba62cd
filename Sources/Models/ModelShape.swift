/// A decoder's dimensions: what the engine must know of a model.
public struct ModelShape: Hashable, Sendable {
    public var layerCount: Int
    /// The width of the residual stream.
    public var hiddenSize: Int
    /// Query heads of a layer.
    public var headCount: Int
    /// Key and value heads of a layer; each serves `headCount / keyValueHeadCount` query heads.
    public var keyValueHeadCount: Int
    public var headDimension: Int
    /// Values in a row of logits. It may exceed the tokenizer's tokens: the rows above are never drawn.
    public var vocabularySize: Int
    /// Positions that the model was made for, with its rotary scaling.
    public var contextLength: Int
    /// The contexts that sequences can run in, at least one, ascending; the last has `contextLength` tokens.
    public var windows: [ContextWindow]
    /// Whether states become logits: without a head a model embeds and generates nothing.
    public var hasHead: Bool

    public init(
        layerCount: Int,
        hiddenSize: Int,
        headCount: Int,
        keyValueHeadCount: Int,
        headDimension: Int,
        vocabularySize: Int,
        contextLength: Int,
        hasHead: Bool = true,
        windows: [ContextWindow] = []
    ) {
        self.layerCount = layerCount
        self.hiddenSize = hiddenSize
        self.headCount = headCount
        self.keyValueHeadCount = keyValueHeadCount
        self.headDimension = headDimension
        self.vocabularySize = vocabularySize
        self.contextLength = contextLength
        self.hasHead = hasHead
        self.windows = windows.isEmpty ? [ContextWindow(length: contextLength)] : windows
    }

    /// Keys and values that one position leaves in the cache, over all layers.
    public var cachedValuesPerToken: Int { layerCount * 2 * keyValueHeadCount * headDimension }
}
