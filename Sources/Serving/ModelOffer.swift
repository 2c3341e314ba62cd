/// A model that a server has, in memory or not: how it is loaded when a request names it.
public struct ModelOffer: Sendable {
    public var name: String
    /// Further names that requests may use.
    public var aliases: [String]
    /// When the server first had it, in seconds since 1970.
    public var creationTime: Int
    /// How long it stays in memory after its last request; nil without an end. A request may say otherwise.
    public var keepAlive: Duration?
    /// Whether requests have no say in how long it stays.
    public var isPinned: Bool
    /// Whether it was found where models come and go, and may be withdrawn.
    public var isFound = false
    /// What lists tell of it. Reads the files' heads and the tokenizer, and blocks.
    public var describe: @Sendable () throws -> ModelDescription
    /// What it would take to load it beside models that take so many bytes. Reads the files' heads, and blocks.
    public var plan: @Sendable (_ takenByteCount: Int) throws -> PlannedModel

    public init(
        name: String, aliases: [String] = [], creationTime: Int = 0, keepAlive: Duration? = nil, isPinned: Bool = false,
        describe: @escaping @Sendable () throws -> ModelDescription,
        plan: @escaping @Sendable (_ takenByteCount: Int) throws -> PlannedModel
    ) {
        self.name = name
        self.aliases = aliases
        self.creationTime = creationTime
        self.keepAlive = keepAlive
        self.isPinned = isPinned
        self.describe = describe
        self.plan = plan
    }
}

/// A model that is about to be loaded: its memory, and how.
public struct PlannedModel: Sendable {
    /// The most bytes that it takes.
    public var byteCount: Int
    /// Why there is no room for it, with the numbers; nil where there is.
    public var refusal: String?
    /// Loads it. Blocks for as long as reading the weights takes.
    public var load: @Sendable () throws -> ServedModel

    public init(byteCount: Int, refusal: String? = nil, load: @escaping @Sendable () throws -> ServedModel) {
        self.byteCount = byteCount
        self.refusal = refusal
        self.load = load
    }
}
