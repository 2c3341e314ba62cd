/// A set of byte values.
struct ByteSet: Hashable, Sendable {
    private var words = SIMD4<UInt64>()

    init() {}

    init(_ bytes: some Sequence<UInt8>) {
        for byte in bytes {
            insert(byte)
        }
    }

    static let all = ByteSet(0...255)

    var isEmpty: Bool { words == SIMD4() }

    @inline(__always)
    func contains(_ byte: UInt8) -> Bool {
        words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1
    }

    mutating func insert(_ byte: UInt8) {
        words[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    mutating func formIntersection(_ other: ByteSet) {
        words &= other.words
    }

    mutating func subtract(_ other: ByteSet) {
        words &= ~other.words
    }

    /// Calls `body` for each member, in ascending order.
    func forEach(_ body: (UInt8) -> Void) {
        for word in 0..<4 {
            var rest = words[word]
            while rest != 0 {
                body(UInt8(word * 64 + rest.trailingZeroBitCount))
                rest &= rest - 1
            }
        }
    }
}
