/// Coarse deadlines for thousands of connections from one periodic tick.
///
/// An entry lies in the bucket of its tick modulo the bucket count; one turn of the wheel looks at each bucket once.
/// Entries are never removed early: whoever owns them decides when one comes up whether it still counts.
struct TimerWheel {
    struct Entry: Equatable {
        var token: PollToken
        var tick: UInt64
    }

    private var buckets: [[Entry]]
    private var currentTick: UInt64 = 0
    private(set) var count = 0

    /// A wheel whose turn takes `bucketCount` ticks. Longer deadlines stay for several turns.
    init(bucketCount: Int = 256) {
        buckets = Array(repeating: [], count: max(1, bucketCount))
    }

    /// Adds an entry. One for a tick that has passed comes up with the next advance.
    mutating func add(_ token: PollToken, at tick: UInt64) {
        let due = max(tick, currentTick + 1)
        buckets[Int(due % UInt64(buckets.count))].append(Entry(token: token, tick: tick))
        count += 1
    }

    /// Moves on to `tick` and hands out all entries that have come up, each once.
    mutating func advance(to tick: UInt64) -> [Entry] {
        guard tick > currentTick else { return [] }
        defer { currentTick = tick }
        guard count > 0 else { return [] }
        var due: [Entry] = []
        let steps = min(tick - currentTick, UInt64(buckets.count))
        for step in 1...steps {
            let index = Int((currentTick + step) % UInt64(buckets.count))
            guard !buckets[index].isEmpty else { continue }
            due += buckets[index].filter { $0.tick <= tick }
            buckets[index].removeAll { $0.tick <= tick }
        }
        count -= due.count
        return due
    }
}
