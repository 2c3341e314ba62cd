internal import Tokens

/// The bytes of every token, in one arena, and the way back from bytes to ids.
struct Vocabulary: Sendable {
    private var arena: [UInt8] = []
    // Where each token's bytes start, and the end of the last.
    private var offsets: [UInt32] = [0]
    // High half: hash of the bytes; low half: id + 1, or 0 where free.
    private var index: [UInt64] = []
    private var longestOrdinary = 0

    /// Ids must stay below this for pairs of them to pack with a rank into 64 bits.
    static let idLimit = 1 << 21 - 1

    /// The number of ids, those without a token included.
    var count: Int { offsets.count - 1 }

    /// Appends the next id's bytes; none for an id without a token.
    mutating func append(_ bytes: [UInt8]) {
        arena.append(contentsOf: bytes)
        offsets.append(UInt32(truncatingIfNeeded: arena.count))
    }

    /// Makes the ids that `isOrdinary` accepts findable by their bytes; of equal ones the first wins.
    mutating func buildIndex(isOrdinary: (Int) -> Bool) {
        var capacity = 64
        while capacity < count + count / 2 {
            capacity *= 2
        }
        index = [UInt64](repeating: 0, count: capacity)
        for id in 0..<count where isOrdinary(id) {
            let range = byteRange(of: id)
            guard !range.isEmpty, ordinaryToken(arena.span.extracting(range)) == nil else { continue }
            insert(id, hash: WordHash.hash(arena.span.extracting(range)))
            longestOrdinary = max(longestOrdinary, range.count)
        }
    }

    private mutating func insert(_ id: Int, hash: UInt64) {
        var slot = Int(truncatingIfNeeded: hash) & (index.count - 1)
        while index[slot] != 0 {
            slot = (slot + 1) & (index.count - 1)
        }
        index[slot] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(id + 1)
    }

    private func byteRange(of id: Int) -> Range<Int> {
        Int(offsets[id])..<Int(offsets[id + 1])
    }

    /// The bytes of an id; none for one without a token or outside the vocabulary.
    func bytes(of id: TokenID) -> ArraySlice<UInt8> {
        guard id.index >= 0 && id.index < count else { return [] }
        return arena[byteRange(of: id.index)]
    }

    /// Calls `body` with the bytes of an id, without copying them.
    func withBytes<Result, Failure: Error>(
        of id: TokenID, _ body: (Span<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let range = id.index >= 0 && id.index < count ? byteRange(of: id.index) : 0..<0
        return try body(arena.span.extracting(range))
    }

    /// The ordinary token that consists of exactly these bytes.
    @inline(__always)
    func ordinaryToken(_ word: Span<UInt8>) -> Int? {
        guard word.count <= longestOrdinary else { return nil }
        let hash = WordHash.hash(word)
        let mask = index.count - 1
        var slot = Int(truncatingIfNeeded: hash) & mask
        while index[slot] != 0 {
            let entry = index[slot]
            if (entry ^ hash) >> 32 == 0 {
                let id = Int(truncatingIfNeeded: entry & 0xFFFF_FFFF) - 1
                if WordHash.areEqual(arena.span.extracting(byteRange(of: id)), word) {
                    return id
                }
            }
            slot = (slot + 1) & mask
        }
        return nil
    }
}

/// Hashing and comparing short byte strings, eight bytes at a time.
enum WordHash {
    @inline(__always)
    static func hash(_ word: Span<UInt8>) -> UInt64 {
        var state = UInt64(truncatingIfNeeded: word.count) &* 0x9E37_79B9_7F4A_7C15
        var position = 0
        while position + 8 <= word.count {
            state = mix(state ^ load(word, position))
            position += 8
        }
        if position < word.count {
            state = mix(state ^ tail(word, position))
        }
        return state
    }

    @inline(__always)
    static func areEqual(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        var position = 0
        while position + 8 <= left.count {
            guard load(left, position) == load(right, position) else { return false }
            position += 8
        }
        return position == left.count || tail(left, position) == tail(right, position)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }

    @inline(__always)
    private static func load(_ word: Span<UInt8>, _ position: Int) -> UInt64 {
        unsafe word.bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)
    }

    /// The last one to seven bytes.
    @inline(__always)
    private static func tail(_ word: Span<UInt8>, _ start: Int) -> UInt64 {
        var value: UInt64 = 0
        for position in start..<word.count {
            value = value << 8 | UInt64(word[position])
        }
        return value
    }
}
