/// The printable characters that byte-level vocabularies write for the 256 bytes.
///
/// Printable Latin-1 characters stand for their own code; the other 68 bytes, in order, for U+0100 onwards.
/// Source: `bytes_to_unicode` of GPT-2.
struct ByteAlphabet: Sendable {
    // By code point; 256 where the character stands for no byte.
    private let bytes: [UInt16]

    private static let noByte: UInt16 = 256

    init() {
        var bytes = [UInt16](repeating: Self.noByte, count: 0x100 + 68)
        var standIn = 0x100
        for byte in 0..<0x100 {
            switch byte {
            case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF:
                bytes[byte] = UInt16(byte)
            default:
                bytes[standIn] = UInt16(byte)
                standIn += 1
            }
        }
        self.bytes = bytes
    }

    /// Appends the bytes that a vocabulary entry stands for.
    ///
    /// An entry with any character outside the alphabet stands for its own UTF-8 bytes.
    func appendBytes(of entry: String, to output: inout [UInt8]) {
        let start = output.count
        var entry = entry
        let isInAlphabet = entry.withUTF8 { utf8 in
            unsafe appendBytes(ofUTF8: Span(_unsafeElements: utf8), to: &output)
        }
        if !isInAlphabet {
            output.removeSubrange(start...)
            output.append(contentsOf: entry.utf8)
        }
    }

    private func appendBytes(ofUTF8 utf8: Span<UInt8>, to output: inout [UInt8]) -> Bool {
        var position = 0
        while position < utf8.count {
            let scalar = utf8.scalar(at: position)
            position += scalar.length
            guard scalar.value < bytes.count, bytes[Int(scalar.value)] != Self.noByte else { return false }
            output.append(UInt8(truncatingIfNeeded: bytes[Int(scalar.value)]))
        }
        return true
    }
}
