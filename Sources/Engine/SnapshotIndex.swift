internal import Tokens

/// The head of a snapshot: which model and cache it is of, and what each of its blocks holds.
///
/// As bytes, all numbers little-endian: the magic line; the head's own length and digest, 8 bytes each; the identity's
/// length (4) and text; the lengths of a block in tokens (4) and in bytes (8); the number of blocks (4); and for each block the
/// place of the one before it (4, −1 for none), salt (8), context window (4), digest (8) and tokens (4 each). The blocks follow, in this order.
struct SnapshotIndex: Equatable {
    struct Entry: Equatable {
        /// The place of the block before it among the entries, which is smaller; −1 for none.
        var parent: Int32
        var scope: PrefixScope
        /// Of the block's bytes.
        var digest: UInt64
        var tokens: [TokenID]
    }

    static let magic = Array("ponder prefixes 2\n".utf8)
    /// The magic line, the head's length and its digest.
    static let fixedByteCount = magic.count + 16
    /// A longer head is none of ours.
    static let headByteLimit = 1 << 28

    /// What must be the same where the blocks are used: the model, and the format of keys and values.
    var identity: String
    var blockLength: Int
    var blockByteCount: Int
    var entries: [Entry] = []

    /// The bytes of the head.
    func encoded() -> [UInt8] {
        var body: [UInt8] = []
        let text = Array(identity.utf8)
        Self.append(UInt32(text.count), to: &body)
        body += text
        Self.append(UInt32(blockLength), to: &body)
        Self.append(UInt64(blockByteCount), to: &body)
        Self.append(UInt32(entries.count), to: &body)
        for entry in entries {
            Self.append(entry.parent, to: &body)
            Self.append(entry.scope.salt, to: &body)
            Self.append(entry.scope.window, to: &body)
            Self.append(entry.digest, to: &body)
            for token in entry.tokens {
                Self.append(token.rawValue, to: &body)
            }
        }
        var head = Self.magic
        Self.append(UInt64(Self.fixedByteCount + body.count), to: &head)
        Self.append(unsafe body.withUnsafeBytes { unsafe SnapshotDigest.of($0) }, to: &head)
        return head + body
    }

    /// How long the head is, by its first `fixedByteCount` bytes.
    static func headByteCount(_ fixed: [UInt8]) throws(SnapshotError) -> Int {
        guard fixed.starts(with: magic) else { throw .foreign }
        guard fixed.count == fixedByteCount else { throw .damaged }
        var reader = Reader(bytes: fixed[magic.count...])
        guard let count: UInt64 = reader.next(), count <= UInt64(headByteLimit), count >= UInt64(fixedByteCount) else {
            throw .damaged
        }
        return Int(count)
    }

    /// Reads a whole head.
    init(_ head: [UInt8]) throws(SnapshotError) {
        guard try Self.headByteCount(Array(head.prefix(Self.fixedByteCount))) == head.count else { throw .damaged }
        var reader = Reader(bytes: head[(Self.magic.count + 8)...])
        let digest: UInt64? = reader.next()
        guard unsafe Array(reader.bytes).withUnsafeBytes({ unsafe SnapshotDigest.of($0) }) == digest,
            let textCount: UInt32 = reader.next(), let text = reader.next(count: Int(textCount)),
            let blockLength: UInt32 = reader.next(), let blockByteCount: UInt64 = reader.next(),
            let count: UInt32 = reader.next(), let blockByteCount = Int(exactly: blockByteCount)
        else { throw .damaged }
        identity = String(decoding: text, as: UTF8.self)
        self.blockLength = Int(blockLength)
        self.blockByteCount = blockByteCount
        let (entriesByteCount, overflow) = Int(count).multipliedReportingOverflow(by: 24 + 4 * Int(blockLength))
        guard !overflow, reader.bytes.count == entriesByteCount else { throw .damaged }
        for place in 0..<Int32(count) {
            guard let parent: Int32 = reader.next(), parent >= -1, parent < place, let salt: UInt64 = reader.next(),
                let window: Int32 = reader.next(), let digest: UInt64 = reader.next()
            else { throw .damaged }
            var tokens: [TokenID] = []
            while tokens.count < self.blockLength, let token: Int32 = reader.next() {
                tokens.append(TokenID(rawValue: token))
            }
            entries.append(
                Entry(
                    parent: parent, scope: PrefixScope(salt: salt, window: window), digest: digest, tokens: tokens))
        }
    }

    init(identity: String, blockLength: Int, blockByteCount: Int) {
        self.identity = identity
        self.blockLength = blockLength
        self.blockByteCount = blockByteCount
    }

    private static func append(_ number: some FixedWidthInteger, to bytes: inout [UInt8]) {
        for place in 0..<number.bitWidth / 8 {
            bytes.append(UInt8(truncatingIfNeeded: number >> (8 * place)))
        }
    }

    private struct Reader {
        var bytes: ArraySlice<UInt8>

        mutating func next<Number: FixedWidthInteger>() -> Number? {
            guard let part = next(count: Number.bitWidth / 8) else { return nil }
            return part.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
        }

        mutating func next(count: Int) -> ArraySlice<UInt8>? {
            guard count <= bytes.count else { return nil }
            defer { bytes = bytes.dropFirst(count) }
            return bytes.prefix(count)
        }
    }
}

/// Tells whether bytes are still those that were written; no protection against who wants to deceive.
enum SnapshotDigest {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        // Four sums side by side, since a product waits for the one before it.
        var sums = SIMD4<UInt64>(1, 2, 3, 4)
        var offset = 0
        while offset + 32 <= bytes.count {
            let words = unsafe bytes.loadUnaligned(fromByteOffset: offset, as: SIMD4<UInt64>.self)
            sums = (sums ^ words) &* multiplier
            sums ^= sums &>> 29
            offset += 32
        }
        var digest = sums[0]
        for lane in 1..<4 {
            digest = mix(digest, sums[lane])
        }
        while offset < bytes.count {
            digest = unsafe mix(digest, UInt64(bytes[offset]))
            offset += 1
        }
        return mix(digest, UInt64(bytes.count))
    }

    private static let multiplier = SIMD4<UInt64>(repeating: 0x9E37_79B9_7F4A_7C15)

    private static func mix(_ digest: UInt64, _ word: UInt64) -> UInt64 {
        let mixed = (digest ^ word) &* 0x9E37_79B9_7F4A_7C15
        return mixed ^ (mixed >> 32)
    }
}
