internal import Engine

/// Whose request a task answers. It goes with the task, so that no way to the engine can leave it out.
public struct RequestClient: Hashable, Sendable {
    /// The client of the current task; everybody where nobody said.
    @TaskLocal public static var current = RequestClient(id: 0)

    /// Tells clients apart; 0 is everybody.
    public var id: UInt64
    /// How much work the client gets beside others, in proportion; at least 1.
    public var weight: Int
    /// Whether nobody waits for the client's replies.
    public var isBatch: Bool

    public init(id: UInt64, weight: Int = 1, isBatch: Bool = false) {
        self.id = id
        self.weight = weight
        self.isBatch = isBatch
    }

    var share: EngineClient { EngineClient(id: id, weight: weight) }
}
