public import Compute

/// The size of the key-value cache.
public enum KVCacheSize: Hashable, Sendable {
    case blocks(Int)
    /// As many blocks as fit, at least one.
    case bytes(Int)
}

/// The limits within which an engine works.
public struct EngineConfiguration: Hashable, Sendable {
    /// The most rows, decode and prefill together, that one step computes.
    public var stepTokenBudget: Int
    /// Whether steps deep inside a prompt hold fewer rows than others, so that they take no longer: by how long steps took.
    public var evensSteps = true
    /// Tokens in a block of the key-value cache, the unit of prefix reuse.
    public var blockLength: Int
    public var cacheSize: KVCacheSize
    public var kvCacheFormat: KVCacheFormat
    /// The most tokens of prompt and output together; the model and the size of the cache may allow fewer. Nil: the model's.
    public var contextLength: Int?
    /// The most generations that may wait for their first step.
    public var queueLimit: Int
    /// The most generations that are computed together.
    public var sequenceLimit: Int
    /// Ids from here on are rows of the output head without a token, and are never drawn. Nil: all are tokens.
    public var vocabularyLimit: Int?
    /// A generation whose reader leaves more tokens than this unread is paused until the reader comes back.
    public var unreadTokenLimit: Int
    /// The most rows of one step that compute log-probabilities of a prompt or check guesses.
    public var promptLogitRowLimit: Int
    /// How prompts that are likely to come are computed while there is nothing else to do; nil computes none.
    public var prefillAhead: PrefillAhead?
    /// Whether tokens are guessed ahead.
    public var speculation: Speculation

    public init(
        stepTokenBudget: Int = 512, blockLength: Int = 32, cacheSize: KVCacheSize = .bytes(1 << 30),
        kvCacheFormat: KVCacheFormat = .f16, contextLength: Int? = nil, queueLimit: Int = 256,
        sequenceLimit: Int = 64, vocabularyLimit: Int? = nil, unreadTokenLimit: Int = 1024,
        promptLogitRowLimit: Int = 64, speculation: Speculation = Speculation(), prefillAhead: PrefillAhead? = nil
    ) {
        self.stepTokenBudget = stepTokenBudget
        self.blockLength = blockLength
        self.cacheSize = cacheSize
        self.kvCacheFormat = kvCacheFormat
        self.contextLength = contextLength
        self.queueLimit = queueLimit
        self.sequenceLimit = sequenceLimit
        self.vocabularyLimit = vocabularyLimit
        self.unreadTokenLimit = unreadTokenLimit
        self.promptLogitRowLimit = promptLogitRowLimit
        self.speculation = speculation
        self.prefillAhead = prefillAhead
    }
}
