/// How an engine's work is divided between its clients: whoever was served least for its weight goes first.
///
/// Each row that is computed counts for its client, as in "Fairness in Serving Large Language Models" (Sheng and others, OSDI
/// 2024). A client that comes back starts at the level of those who are there, so that idling saves nothing up, and what it
/// got before is not forgotten while others are still behind.
struct WorkShares {
    private struct Entry {
        var client: EngineClient
        /// What it got, in rows of prompts, by its weight.
        var served = 0.0
        /// Its sequences, those that wait included.
        var sequenceCount = 0
        /// Grows from return to return.
        var arrival: UInt64 = 0
        /// What it had been served when it came back.
        var levelAtArrival = 0.0
        /// What all had got together when its last sequence left.
        var leftAt = 0
    }

    /// What a row of a reply counts, in rows of prompts: it reads all weights for few rows.
    static let replyRowCost = 4
    /// So much work, in rows of prompts, is a long time.
    static let longTime = 1 << 15
    /// So much is what somebody wants who comes with a question, in rows of prompts.
    private static let shortWork = 2048.0
    /// More clients are not remembered once they have left.
    private static let memory = 1024

    private var entries: [Entry] = []
    private var nextArrival: UInt64 = 0
    private var totalWeight = 0
    /// The work done so far, in rows of prompts.
    private(set) var workCount = 0
    /// How many clients have sequences.
    private(set) var activeCount = 0

    /// Counts a sequence in.
    ///
    /// - Returns: the client's place, which stays the same until its last sequence leaves.
    mutating func join(_ client: EngineClient) -> Int {
        if activeCount == 0 {
            for place in entries.indices {
                entries[place].served = 0
            }
        }
        let level = entries.lazy.filter { $0.sequenceCount > 0 }.map(\.served).min() ?? 0
        let place: Int
        if let known = entries.firstIndex(where: { $0.client.id == client.id }) {
            place = known
        } else if let forgettable = forgettablePlace(below: level) {
            entries[forgettable] = Entry(client: client)
            place = forgettable
        } else {
            place = entries.count
            entries.append(Entry(client: client))
        }
        if entries[place].sequenceCount == 0 {
            entries[place].client.weight = client.weight
            entries[place].served = max(entries[place].served, level)
            entries[place].levelAtArrival = entries[place].served
            entries[place].arrival = nextArrival
            nextArrival += 1
            activeCount += 1
            totalWeight += client.weight
        }
        entries[place].sequenceCount += 1
        return place
    }

    /// Counts a sequence out.
    mutating func leave(_ place: Int) {
        entries[place].sequenceCount -= 1
        if entries[place].sequenceCount == 0 {
            activeCount -= 1
            totalWeight -= entries[place].client.weight
            entries[place].leftAt = workCount
        }
    }

    /// Whether a client should leave others an opening: it shares the engine with some, or did not long ago, so that they may
    /// come back at any moment, and it has got work for a while.
    func leavesOpenings(_ place: Int) -> Bool {
        (entries[place].served - entries[place].levelAtArrival) * Double(entries[place].client.weight) > Self.shortWork
            && entries.indices.contains { $0 != place && (entries[$0].sequenceCount > 0 || leftLately($0)) }
    }

    private func leftLately(_ place: Int) -> Bool { entries[place].leftAt + Self.longTime > workCount }

    /// Counts work, in rows of prompts.
    mutating func charge(_ cost: Int, to place: Int) {
        workCount += cost
        entries[place].served += Double(cost) / Double(entries[place].client.weight)
    }

    /// Whether a client was served less than another, or as much and came later: it then starts at the other's level, but has
    /// had nothing yet.
    func goesBefore(_ place: Int, _ other: Int) -> Bool {
        let (mine, theirs) = (entries[place], entries[other])
        return mine.served < theirs.served || (mine.served == theirs.served && mine.arrival > theirs.arrival)
    }

    /// A client's share of a whole, at least 1.
    func share(of whole: Int, for place: Int) -> Int {
        max(1, whole * entries[place].client.weight / max(1, totalWeight))
    }

    /// What a client holds of something, for its weight.
    func weighted(_ amount: Int, of place: Int) -> Double {
        Double(amount) / Double(entries[place].client.weight)
    }

    /// An entry of somebody who left long ago and who would start no higher than anybody else.
    private func forgettablePlace(below level: Double) -> Int? {
        let forgettable = entries.indices.first { place in
            entries[place].sequenceCount == 0 && entries[place].served <= level && !leftLately(place)
        }
        if let forgettable {
            return forgettable
        }
        guard entries.count >= Self.memory else { return nil }
        return entries.indices.filter { entries[$0].sequenceCount == 0 }
            .min { entries[$0].served < entries[$1].served }
    }
}
