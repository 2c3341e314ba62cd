/// Reads the numbers of `UnicodeData`: five bits a character, least significant first, 32 added while more follow.
struct PackedNumbers {
    private let characters: [UInt8]
    private var position = 0

    init(_ text: StaticString) {
        characters = text.withUTF8Buffer { unsafe Array($0) }
    }

    /// The next number, or nil at the end.
    mutating func next() -> UInt32? {
        guard position < characters.count else { return nil }
        var number: UInt32 = 0
        var shift: UInt32 = 0
        while position < characters.count {
            let digit = Self.value(of: characters[position])
            position += 1
            number |= (digit & 31) << shift
            shift += 5
            if digit < 32 { break }
        }
        return number
    }

    private static func value(of character: UInt8) -> UInt32 {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "-"): 62
        default: 63
        }
    }
}
