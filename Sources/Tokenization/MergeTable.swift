/// Which two tokens merge, in what order of preference, and into what.
///
/// Open addressing over 64-bit entries: left id, right id and rank, 21 bits each.
struct MergeTable: Sendable {
    /// One line of the list of merges, by ids.
    struct Merge {
        let left: UInt32
        let right: UInt32
        let result: UInt32
    }

    /// The rank of a pair that does not merge.
    static let noRank = UInt32.max

    /// The token that stands for each single byte.
    let byteTokens: [UInt32]
    /// The merged token by rank.
    let results: [UInt32]
    private var entries: [UInt64]
    private let shift: UInt64
    // Ranks of pairs of single bytes: most first lookups, in a table that stays in cache.
    private var bytePairRanks: [UInt32]

    private static let free = UInt64.max

    /// Merges in order of preference; of equal pairs the last counts.
    init(byteTokens: [UInt32], merges: [Merge]) {
        self.byteTokens = byteTokens
        results = merges.map(\.result)
        var bits: UInt64 = 6
        while 1 << bits < merges.count + merges.count / 2 {
            bits += 1
        }
        shift = 64 - bits
        entries = [UInt64](repeating: Self.free, count: 1 << Int(bits))
        bytePairRanks = [UInt32](repeating: Self.noRank, count: 0x10000)
        for (rank, merge) in merges.enumerated() {
            insert(merge, rank: UInt64(rank))
        }
        for left in 0..<0x100 {
            for right in 0..<0x100 {
                bytePairRanks[left << 8 | right] = rank(of: byteTokens[left], byteTokens[right])
            }
        }
    }

    private mutating func insert(_ merge: Merge, rank: UInt64) {
        let pair = Self.pair(merge.left, merge.right)
        var slot = self.slot(of: pair)
        while entries[slot] != Self.free, entries[slot] >> 21 != pair {
            slot = (slot + 1) & (entries.count - 1)
        }
        entries[slot] = pair << 21 | rank
    }

    @inline(__always)
    private static func pair(_ left: UInt32, _ right: UInt32) -> UInt64 {
        UInt64(left) << 21 | UInt64(right)
    }

    @inline(__always)
    private func slot(of pair: UInt64) -> Int {
        Int(truncatingIfNeeded: (pair &* 0x9E37_79B9_7F4A_7C15) >> shift)
    }

    /// The rank of a pair; the lowest merges first.
    @inline(__always)
    func rank(of left: UInt32, _ right: UInt32) -> UInt32 {
        let pair = Self.pair(left, right)
        var slot = self.slot(of: pair)
        while true {
            let entry = entries[slot]
            if entry >> 21 == pair {
                return UInt32(truncatingIfNeeded: entry & 0x1F_FFFF)
            }
            if entry == Self.free {
                return Self.noRank
            }
            slot = (slot + 1) & (entries.count - 1)
        }
    }

    /// The rank of two single bytes.
    @inline(__always)
    func rank(ofBytes left: UInt8, _ right: UInt8) -> UInt32 {
        bytePairRanks[Int(left) << 8 | Int(right)]
    }
}
