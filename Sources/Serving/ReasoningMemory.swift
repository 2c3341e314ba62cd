internal import Synchronization

/// What a model thought before its replies, for clients that do not send it back: in memory, for a while, the newest first
/// to stay.
///
/// Any thread may use it. A thought is found by any of the names under which it was kept; see ``Recollection`` for those.
public final class ReasoningMemory: Sendable {
    /// What a thought is found by.
    struct Name: Hashable, Sendable {
        var first: Int
        var second: Int
    }

    fileprivate struct Thought {
        var text: String
        var names: [Name]
        var lastUse: ContinuousClock.Instant
        /// The number of its last entry in the order of use.
        var turn: UInt64
    }

    fileprivate struct Contents {
        var thoughts: [UInt64: Thought] = [:]
        var numbers: [Name: UInt64] = [:]
        /// By last use, the oldest first; entries that a later use made void are passed over.
        var uses: [(turn: UInt64, thought: UInt64)] = []
        var firstUse = 0
        var nextNumber: UInt64 = 0
        var byteCount = 0
    }

    /// What a thought takes beside its text: tables, names, places in the order of use.
    fileprivate static let overhead = 256

    /// Guards the tables; held for look-ups and changes only.
    private let contents = Mutex(Contents())
    private let byteLimit: Int
    private let lifetime: Duration
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - byteLimit: the most bytes that are kept; those that were out of use for longest make room.
    ///   - lifetime: how long a thought stays after its last use.
    ///   - now: the time.
    public init(
        byteLimit: Int, lifetime: Duration, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.byteLimit = byteLimit
        self.lifetime = lifetime
        self.now = now
    }

    /// How many bytes are kept.
    public var byteCount: Int { contents.withLock { $0.byteCount } }

    /// Keeps a thought; what has one of its names already goes by that name no more. One that is larger than all the room
    /// is not kept.
    func keep(_ text: String, under names: [Name]) {
        guard text.utf8.count + Self.overhead <= byteLimit else { return }
        let time = now()
        contents.withLock { contents in
            contents.forget(unusedSince: time - lifetime)
            let number = contents.nextNumber
            for name in names {
                contents.detach(name)
                contents.numbers[name] = number
            }
            contents.thoughts[number] = Thought(text: text, names: names, lastUse: time, turn: 0)
            contents.byteCount += text.utf8.count + Self.overhead
            contents.use(number, at: time)
            contents.forget(beyond: byteLimit)
        }
    }

    /// The thought that has the first of these names that is known, if there is one.
    func recall(_ names: [Name]) -> String? {
        let time = now()
        return contents.withLock { contents in
            contents.forget(unusedSince: time - lifetime)
            let known = names.first { contents.numbers[$0] != nil }
            guard let number = known.flatMap({ contents.numbers[$0] }) else { return nil }
            contents.use(number, at: time)
            return contents.thoughts[number]?.text
        }
    }
}

extension ReasoningMemory.Contents {
    fileprivate mutating func use(_ number: UInt64, at time: ContinuousClock.Instant) {
        nextNumber += 1
        thoughts[number]?.lastUse = time
        thoughts[number]?.turn = nextNumber
        uses.append((nextNumber, number))
        guard uses.count > 2 * thoughts.count + 64 else { return }
        uses = uses[firstUse...].filter { thoughts[$0.thought]?.turn == $0.turn }
        firstUse = 0
    }

    fileprivate mutating func forget(unusedSince time: ContinuousClock.Instant) {
        while let oldest = oldest, thoughts[oldest].map({ $0.lastUse < time }) ?? false {
            remove(oldest)
        }
    }

    fileprivate mutating func forget(beyond byteLimit: Int) {
        while byteCount > byteLimit, let oldest = oldest {
            remove(oldest)
        }
    }

    /// The thought that was out of use for longest.
    private var oldest: UInt64? {
        mutating get {
            while firstUse < uses.count {
                let use = uses[firstUse]
                if thoughts[use.thought]?.turn == use.turn { return use.thought }
                firstUse += 1
            }
            return nil
        }
    }

    /// Takes a name from the thought that has it, which goes when it has no other.
    fileprivate mutating func detach(_ name: ReasoningMemory.Name) {
        guard let number = numbers.removeValue(forKey: name) else { return }
        thoughts[number]?.names.removeAll { $0 == name }
        if thoughts[number]?.names.isEmpty == true { remove(number) }
    }

    private mutating func remove(_ number: UInt64) {
        guard let thought = thoughts.removeValue(forKey: number) else { return }
        byteCount -= thought.text.utf8.count + ReasoningMemory.overhead
        for name in thought.names where numbers[name] == number {
            numbers[name] = nil
        }
    }
}
