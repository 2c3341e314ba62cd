public import Tokens

/// How prompts are computed that nobody has asked for yet, while nobody waits for anything else.
public struct PrefillAhead: Hashable, Sendable {
    /// How long the engine must have had nothing else to do.
    public var delay: Duration
    /// The most rows of a step: what a request waits for at most that comes in the middle of it. A multiple of the block length
    /// loses nothing when it breaks off.
    public var rowCount: Int

    public init(delay: Duration = .milliseconds(100), rowCount: Int = 32) {
        self.delay = delay
        self.rowCount = rowCount
    }
}

/// The beginning of a prompt that is likely to come.
public struct ExpectedPrompt: Hashable, Sendable {
    public var tokens: [TokenID]
    /// Both as of a ``GenerationRequest``.
    public var window: Int
    public var cacheSalt: UInt64

    public init(tokens: [TokenID], window: Int = 0, cacheSalt: UInt64 = 0) {
        self.tokens = tokens
        self.window = window
        self.cacheSalt = cacheSalt
    }
}

/// The prompts that are to be computed ahead, and the one that is.
///
/// States: *resting* (nothing is computed), *working* (one prompt has a slot of the scheduler). Whatever a request needs puts it
/// to rest; what was computed up to there stays in the prefix cache, and the prompt goes on from it later.
struct AheadWork {
    /// The most prompts that wait; the oldest are given up.
    static let limit = 16

    /// The next one first.
    private(set) var expected: [ExpectedPrompt] = []
    /// The prompt that is being computed, and its slot.
    private(set) var current: (prompt: ExpectedPrompt, slot: Int)?
    /// Since when there has been nothing else to do.
    private var idleSince: ContinuousClock.Instant?

    mutating func expect(_ prompts: [ExpectedPrompt]) {
        expected += prompts
        expected.removeFirst(max(0, expected.count - Self.limit))
    }

    mutating func takeNext() -> ExpectedPrompt? {
        expected.isEmpty ? nil : expected.removeFirst()
    }

    mutating func begin(_ prompt: ExpectedPrompt, slot: Int) {
        current = (prompt, slot)
    }

    /// The slot that is to be given back, if there is one; what is not complete waits for its next turn.
    mutating func rest(isComplete: Bool) -> Int? {
        guard let (prompt, slot) = current else { return nil }
        current = nil
        if !isComplete { expected.insert(prompt, at: 0) }
        return slot
    }

    mutating func giveUp() {
        expected = []
    }

    /// There is something else to do.
    mutating func noteWork() {
        idleSince = nil
    }

    /// When the next prompt may be worked on, now or later; nil if there is none.
    mutating func start(after delay: Duration, now: ContinuousClock.Instant) -> ContinuousClock.Instant? {
        let since = idleSince ?? now
        idleSince = since
        return current == nil && expected.isEmpty ? nil : since + delay
    }
}

/// Which blocks of the prefix cache were computed ahead, and how many of them somebody found.
struct AheadBlocks {
    /// By block: the number of its publication while nobody has found it, or that of no publication.
    private var serials: [UInt64]
    private(set) var hitCount = 0

    init(blockCount: Int) {
        serials = Array(repeating: BlockHash.rootSerial, count: blockCount)
    }

    mutating func add(_ published: PrefixCache.Published) {
        serials[Int(published.block)] = published.serial
    }

    /// Somebody found these; what is found again counts no more.
    mutating func find(_ matched: [PrefixCache.Published]) {
        for published in matched where serials[Int(published.block)] == published.serial {
            serials[Int(published.block)] = BlockHash.rootSerial
            hitCount += 1
        }
    }
}
