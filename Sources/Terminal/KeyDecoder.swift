/// A terminal's bytes in, keys out. How the bytes were cut makes no difference.
///
/// States: *ground*; *character*, inside one of several bytes; *escape*, after ESC, which waits for what it belongs to;
/// *sequence*, after `ESC [`; *function*, after `ESC O`; *paste*, between `ESC [200~` and `ESC [201~`.
/// What is not known is passed over. Sequences as in ECMA-48 §5.4 and xterm's ctlseqs.
public struct KeyDecoder: Sendable {
    private enum State {
        case ground
        case character([UInt8], length: Int)
        case escape
        case sequence([UInt8])
        case function
        case paste
    }

    private var state = State.ground
    /// Text of the bytes at hand that is not a key yet.
    private var typed = ""
    private var pasted: [UInt8] = []

    /// No sequence that is known here is longer.
    private static let sequenceLimit = 32
    private static let pasteEnd = Array("\u{1B}[201~".utf8)

    public init() {}

    /// The keys that these bytes complete. Characters that come together are one key.
    public mutating func consume(_ bytes: some Sequence<UInt8>) -> [Key] {
        var keys: [Key] = []
        for byte in bytes {
            if let key = consume(byte) {
                flush(into: &keys)
                keys.append(key)
            }
        }
        flush(into: &keys)
        return keys
    }

    private mutating func flush(into keys: inout [Key]) {
        guard !typed.isEmpty else { return }
        keys.append(.text(typed))
        typed = ""
    }

    private mutating func consume(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return ground(byte)
        case .character(let begun, let length): return character(begun, length, byte)
        case .escape: return escape(byte)
        case .sequence(let begun): return sequence(begun, byte)
        case .function:
            state = .ground
            return Self.cursorKeys[byte] ?? (byte == UInt8(ascii: "M") ? .enter : nil)
        case .paste: return paste(byte)
        }
    }

    private mutating func ground(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x1B: state = .escape
        case 0x20...0x7E: typed.unicodeScalars.append(Unicode.Scalar(byte))
        case 0xC2...0xDF: state = .character([byte], length: 2)
        case 0xE0...0xEF: state = .character([byte], length: 3)
        case 0xF0...0xF4: state = .character([byte], length: 4)
        default: return Self.controlKeys[byte]
        }
        return nil
    }

    private mutating func character(_ begun: [UInt8], _ length: Int, _ byte: UInt8) -> Key? {
        state = .ground
        // A character that breaks off is dropped, and the byte begins anew.
        guard byte & 0xC0 == 0x80 else { return ground(byte) }
        let bytes = begun + [byte]
        guard bytes.count == length else {
            state = .character(bytes, length: length)
            return nil
        }
        if let text = String(validating: bytes, as: UTF8.self) {
            typed += text.filter { !SafeText.isControl($0) }
        }
        return nil
    }

    private mutating func escape(_ byte: UInt8) -> Key? {
        state = .ground
        switch byte {
        case UInt8(ascii: "["): state = .sequence([])
        case UInt8(ascii: "O"): state = .function
        case 0x1B: state = .escape
        case 0x0D, 0x0A: return .newline
        case UInt8(ascii: "b"), UInt8(ascii: "B"): return .wordLeft
        case UInt8(ascii: "f"), UInt8(ascii: "F"): return .wordRight
        case UInt8(ascii: "d"), UInt8(ascii: "D"): return .deleteWordAfter
        case 0x7F, 0x08: return .deleteWordBefore
        // ESC by itself means nothing here, so that Ctrl-C after it still counts.
        case 0x00..<0x20: return ground(byte)
        default: return nil
        }
        return nil
    }

    private mutating func sequence(_ begun: [UInt8], _ byte: UInt8) -> Key? {
        state = .ground
        switch byte {
        case 0x20...0x3F:
            state = .sequence(begun.count < Self.sequenceLimit ? begun + [byte] : begun)
            return nil
        case 0x40...0x7E: return key(of: begun, final: byte)
        case 0x1B:
            state = .escape
            return nil
        default: return ground(byte)
        }
    }

    private mutating func key(of parameterBytes: [UInt8], final: UInt8) -> Key? {
        let parameters = String(decoding: parameterBytes, as: UTF8.self).split(
            separator: ";", omittingEmptySubsequences: false
        ).map { Int($0) ?? 0 }
        let first = parameters.first ?? 0
        // 1 and the sum of Shift 1, Alt 2, Control 4.
        let modifiers = parameters.count > 1 ? parameters[1] - 1 : 0
        switch final {
        case UInt8(ascii: "~"): return tildeKey(parameters, modifiers)
        case UInt8(ascii: "u"): return first == 13 ? (modifiers & 3 != 0 ? .newline : .enter) : nil
        case UInt8(ascii: "C") where modifiers & 6 != 0: return .wordRight
        case UInt8(ascii: "D") where modifiers & 6 != 0: return .wordLeft
        default: return Self.cursorKeys[final]
        }
    }

    private mutating func tildeKey(_ parameters: [Int], _ modifiers: Int) -> Key? {
        switch parameters.first {
        case 1, 7: return .home
        case 4, 8: return .end
        case 3: return modifiers & 6 != 0 ? .deleteWordAfter : .delete
        case 27 where parameters.count == 3 && parameters[2] == 13: return modifiers & 3 != 0 ? .newline : .enter
        case 200: state = .paste
        default: break
        }
        return nil
    }

    private mutating func paste(_ byte: UInt8) -> Key? {
        pasted.append(byte)
        guard byte == UInt8(ascii: "~"), pasted.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else {
            return nil
        }
        state = .ground
        let text = String(decoding: pasted.dropLast(Self.pasteEnd.count), as: UTF8.self)
        pasted = []
        let lines = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
        return .paste(lines.filter { $0 == "\n" || $0 == "\t" || !SafeText.isControl($0) })
    }

    private static let cursorKeys: [UInt8: Key] = [
        UInt8(ascii: "A"): .up, UInt8(ascii: "B"): .down, UInt8(ascii: "C"): .right, UInt8(ascii: "D"): .left,
        UInt8(ascii: "H"): .home, UInt8(ascii: "F"): .end,
    ]

    private static let controlKeys: [UInt8: Key] = [
        0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x07: .abort,
        0x08: .backspace,
        0x09: .tab, 0x0A: .enter, 0x0B: .deleteToEnd, 0x0C: .clearScreen, 0x0D: .enter, 0x0E: .down, 0x10: .up,
        0x12: .searchHistory, 0x15: .deleteToStart, 0x17: .deleteWordBefore, 0x19: .yank, 0x1A: .suspend,
        0x7F: .backspace,
    ]
}
