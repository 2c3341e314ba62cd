internal import Tokens

/// Turns one word into tokens: merges the pair of lowest rank, the leftmost first, until none is left.
///
/// Holds the scratch memory of that, so one value serves one word after another, on one thread at a time.
struct BytePairMerger: Sendable {
    private var pieces: [Piece] = []
    private var next: [UInt32] = []
    private var previous: [UInt32] = []
    private var queue = MergeQueue()

    /// A token of the word, and the rank of the merge with the one behind it.
    private struct Piece {
        var token: UInt32
        var rank: UInt32
    }

    /// Up to this many bytes, searching the next merge anew each time beats keeping a queue.
    private static let scanLimit = 96

    /// Whether the scratch memory is small enough to keep.
    var isModest: Bool { pieces.capacity < 1 << 16 }

    /// Appends the tokens of a word of at least one byte.
    mutating func append(_ word: Span<UInt8>, merges: borrowing MergeTable, to output: inout [TokenID]) {
        load(word, merges)
        if word.count <= Self.scanLimit {
            appendByScanning(count: word.count, merges, &output)
        } else {
            appendByQueue(count: word.count, merges, &output)
        }
    }

    private mutating func load(_ word: Span<UInt8>, _ merges: borrowing MergeTable) {
        if pieces.count < word.count {
            pieces = [Piece](repeating: Piece(token: 0, rank: 0), count: max(word.count, Self.scanLimit))
        }
        var pieces = pieces.mutableSpan
        let last = word.count - 1
        for position in 0..<last {
            let rank = merges.rank(ofBytes: word[position], word[position + 1])
            pieces[position] = Piece(token: merges.byteTokens[Int(word[position])], rank: rank)
        }
        pieces[last] = Piece(token: merges.byteTokens[Int(word[last])], rank: MergeTable.noRank)
    }

    private mutating func appendByScanning(count: Int, _ merges: borrowing MergeTable, _ output: inout [TokenID]) {
        var count = count
        var pieces = pieces.mutableSpan
        while count > 1 {
            var best = 0
            var bestRank = pieces[0].rank
            for position in 1..<max(count - 1, 1) where pieces[position].rank < bestRank {
                best = position
                bestRank = pieces[position].rank
            }
            guard bestRank != MergeTable.noRank else { break }
            let token = merges.results[Int(bestRank)]
            count -= 1
            for position in best + 1..<count {
                pieces[position] = pieces[position + 1]
            }
            let rank = best + 1 < count ? merges.rank(of: token, pieces[best + 1].token) : MergeTable.noRank
            pieces[best] = Piece(token: token, rank: rank)
            if best > 0 {
                pieces[best - 1].rank = merges.rank(of: pieces[best - 1].token, token)
            }
        }
        for position in 0..<count {
            output.append(TokenID(rawValue: Int32(bitPattern: pieces[position].token)))
        }
    }

    /// The same by a queue of merges over a linked list: n log n for words of any length.
    private mutating func appendByQueue(count: Int, _ merges: borrowing MergeTable, _ output: inout [TokenID]) {
        link(count)
        queue.removeAll()
        for position in 0..<count where pieces[position].rank != MergeTable.noRank {
            queue.insert(rank: pieces[position].rank, position: position)
        }
        while let candidate = queue.removeFirst() {
            let position = candidate.position
            // A candidate is stale when its pair has changed since.
            guard pieces[position].rank == candidate.rank else { continue }
            let absorbed = Int(next[position])
            let following = Int(next[absorbed])
            pieces[position].token = merges.results[Int(candidate.rank)]
            pieces[absorbed].rank = MergeTable.noRank
            next[position] = UInt32(following)
            if following < count {
                previous[following] = UInt32(position)
            }
            setRank(at: position, before: following, count: count, merges)
            if position > 0 {
                setRank(at: Int(previous[position]), before: position, count: count, merges)
            }
        }
        var position = 0
        while position < count {
            output.append(TokenID(rawValue: Int32(bitPattern: pieces[position].token)))
            position = Int(next[position])
        }
    }

    private mutating func link(_ count: Int) {
        next.removeAll(keepingCapacity: true)
        previous.removeAll(keepingCapacity: true)
        for position in 0..<UInt32(count) {
            next.append(position + 1)
            previous.append(position == 0 ? 0 : position - 1)
        }
    }

    private mutating func setRank(at position: Int, before following: Int, count: Int, _ merges: borrowing MergeTable) {
        let rank =
            following < count ? merges.rank(of: pieces[position].token, pieces[following].token) : MergeTable.noRank
        pieces[position].rank = rank
        if rank != MergeTable.noRank {
            queue.insert(rank: rank, position: position)
        }
    }
}

/// A binary heap of possible merges: lowest rank first, then leftmost.
private struct MergeQueue: Sendable {
    // Rank in the high half, position in the low half.
    private var heap: [UInt64] = []

    mutating func removeAll() {
        heap.removeAll(keepingCapacity: true)
    }

    mutating func insert(rank: UInt32, position: Int) {
        var place = heap.count
        let entry = UInt64(rank) << 32 | UInt64(UInt32(truncatingIfNeeded: position))
        heap.append(entry)
        while place > 0, heap[(place - 1) / 2] > entry {
            heap[place] = heap[(place - 1) / 2]
            place = (place - 1) / 2
        }
        heap[place] = entry
    }

    mutating func removeFirst() -> (rank: UInt32, position: Int)? {
        guard let first = heap.first, let last = heap.popLast() else { return nil }
        if !heap.isEmpty {
            sink(last)
        }
        return (UInt32(truncatingIfNeeded: first >> 32), Int(truncatingIfNeeded: first & 0xFFFF_FFFF))
    }

    private mutating func sink(_ entry: UInt64) {
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] {
                child += 1
            }
            guard heap[child] < entry else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }
}
