/// What a key may be used for.
public enum AccessScope: String, CaseIterable, Sendable {
    /// To call models, and to ask which there are.
    case infer
    /// To watch the server: its load, its slots, its metrics.
    case metrics
    /// To change what the server does.
    case admin
}

/// How much one key may ask for. Nil is as much as it likes.
public struct RateLimits: Sendable, Hashable {
    public var requestsPerMinute: Int?
    public var tokensPerMinute: Int?

    public init(requestsPerMinute: Int? = nil, tokensPerMinute: Int? = nil) {
        self.requestsPerMinute = requestsPerMinute
        self.tokensPerMinute = tokensPerMinute
    }

    static let none = RateLimits()
}

/// How a key's requests stand beside those of others.
struct KeyStanding: Sendable, Hashable {
    /// How much work they get, in proportion.
    var weight = 1
    /// Whether nobody waits for their replies.
    var isBatch = false
    /// The most urgent `priority` that they may ask for: lower goes first. Nil sets no bound.
    var priorityBound: Int?
}

/// A key that opens the server. The key itself is not kept.
public struct AccessKey: Sendable, Hashable {
    /// Names the key in logs and refusals.
    public let name: String
    let digest: KeyDigest
    let scopes: Set<AccessScope>
    /// Where the key says nothing, the server's own limits hold.
    let limits: RateLimits
    let standing: KeyStanding

    /// A key for everything.
    public init(_ key: String, name: String) {
        self.init(digest: KeyDigest(of: key.utf8), name: name)
    }

    init(
        digest: KeyDigest, name: String, scopes: Set<AccessScope> = Set(AccessScope.allCases),
        limits: RateLimits = .none, standing: KeyStanding = KeyStanding()
    ) {
        self.digest = digest
        self.name = name
        self.scopes = scopes
        self.limits = limits
        self.standing = standing
    }
}
