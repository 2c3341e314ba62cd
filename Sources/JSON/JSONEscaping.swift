/// The inside of JSON's string literals.
public enum JSONEscaping {
    /// Appends a text as it stands between the quotes of a JSON string.
    ///
    /// Quotes, backslashes and C0 controls are escaped, with the short escapes where there are some, as Python's json does;
    /// with `escapingNonASCII`, DEL and all beyond ASCII too, in UTF-16 units.
    public static func append(_ text: String, to bytes: inout [UInt8], escapingNonASCII: Bool = false) {
        var copy = text
        copy.withUTF8 { source in
            var start = 0
            for index in source.indices {
                let byte = unsafe source[index]
                let isPlain = byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
                if isPlain && (byte < 0x7F || !escapingNonASCII) {
                    continue
                }
                unsafe bytes.append(contentsOf: source[start..<index])
                start = index + 1
                if byte < 0x80 {
                    appendEscape(byte, to: &bytes)
                } else if byte >= 0xC0 {
                    appendScalar(at: index, of: text, to: &bytes)
                }
            }
            unsafe bytes.append(contentsOf: source[start...])
        }
    }

    private static func appendEscape(_ byte: UInt8, to bytes: inout [UInt8]) {
        let short: UInt8? =
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte
            case 0x08: UInt8(ascii: "b")
            case 0x09: UInt8(ascii: "t")
            case 0x0A: UInt8(ascii: "n")
            case 0x0C: UInt8(ascii: "f")
            case 0x0D: UInt8(ascii: "r")
            default: nil
            }
        guard let short else {
            appendUnit(UInt16(byte), to: &bytes)
            return
        }
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(short)
    }

    private static func appendScalar(at offset: Int, of text: String, to bytes: inout [UInt8]) {
        let index = text.utf8.index(text.startIndex, offsetBy: offset)
        for unit in UTF16.encode(text.unicodeScalars[index]) ?? UTF16.encodedReplacementCharacter {
            appendUnit(unit, to: &bytes)
        }
    }

    private static func appendUnit(_ unit: UInt16, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(UInt8(ascii: "u"))
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 0xF)
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }
}
