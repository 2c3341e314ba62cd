/// Requests whose prompts begin alike: the first computes what they share, the others wait for it and take it from the prefix
/// cache.
public struct PromptGroup: Hashable, Sendable {
    /// Tells groups apart.
    public var id: UInt64
    /// How many tokens the prompts share.
    public var sharedCount: Int

    public init(id: UInt64, sharedCount: Int) {
        self.id = id
        self.sharedCount = sharedCount
    }

    /// A group like no other.
    public init(sharedCount: Int) {
        self.init(id: .random(in: .min ... .max), sharedCount: sharedCount)
    }
}
