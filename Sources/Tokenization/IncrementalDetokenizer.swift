/// Turns the bytes of tokens into text as they come, and never cuts a Unicode scalar.
///
/// Bytes that later ones may still complete wait inside. Every ill-formed stretch becomes one U+FFFD: the maximal subpart
/// of an ill-formed subsequence (The Unicode Standard, section 3.9). The concatenated results do not depend on the cuts.
public struct IncrementalDetokenizer: Sendable {
    private var waiting: [UInt8] = []

    public init() {}

    /// The number of bytes that wait for others.
    public var waitingByteCount: Int { waiting.count }

    /// The text that is settled after these bytes.
    public mutating func consume(_ bytes: some Sequence<UInt8>) -> String {
        waiting.append(contentsOf: bytes)
        let settled = waiting.count - Self.openByteCount(waiting)
        guard settled > 0 else { return "" }
        let text = String(decoding: waiting[..<settled], as: UTF8.self)
        waiting.removeSubrange(..<settled)
        return text
    }

    /// What is left when no more bytes will come. Afterwards the value is as new.
    public mutating func finish() -> String {
        defer { waiting.removeAll() }
        return String(decoding: waiting, as: UTF8.self)
    }

    /// How many bytes at the end begin a scalar that is not complete.
    private static func openByteCount(_ bytes: [UInt8]) -> Int {
        var length = 1
        while length <= min(3, bytes.count) {
            let lead = bytes[bytes.count - length]
            if lead & 0xC0 != 0x80 {
                return isOpen(lead, length: length, second: length > 1 ? bytes[bytes.count - length + 1] : nil)
                    ? length : 0
            }
            length += 1
        }
        return 0
    }

    /// Whether `length` bytes that begin with `lead` may become one scalar (table 3-7 of the Unicode Standard).
    ///
    /// Half a surrogate (ED A0 and above) waits for its third byte, as in the reference; the text is the same.
    private static func isOpen(_ lead: UInt8, length: Int, second: UInt8?) -> Bool {
        let expected =
            switch lead {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 1
            }
        guard length < expected else { return false }
        guard let second else { return true }
        return switch lead {
        case 0xE0: second >= 0xA0
        case 0xF0: second >= 0x90
        case 0xF4: second <= 0x8F
        default: true
        }
    }
}
