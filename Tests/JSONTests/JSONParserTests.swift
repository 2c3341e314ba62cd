import JSON
import Testing

@Suite struct JSONParserTests {
    @Test(arguments: [
        ("null", "null"), (" true ", "true"), ("\t\r\n[ ]", "[]"), ("{ }", "{}"), ("[1,2 , 3]", "[1,2,3]"),
        (#"{"a" : {"b":[{}]}}"#, #"{"a":{"b":[{}]}}"#), (#""""#, #""""#), (#""\u00e9\n\/""#, "\"\u{E9}\\n/\""),
        (#""\ud83d\ude00""#, "\"\u{1F600}\""), (#""\ud83d""#, "\"\u{FFFD}\""), (#""\ude00x""#, "\"\u{FFFD}x\""),
        (#""\ud83d\n""#, "\"\u{FFFD}\\n\""), (#""\ud83d\ud83d\ude00""#, "\"\u{FFFD}\u{1F600}\""),
        (#""\u0000\b\f\r\t\"\\""#, #""\u0000\b\f\r\t\"\\""#), ("\"\u{7F}\u{2028}\"", "\"\u{7F}\u{2028}\""),
    ])
    func `valid text is read`(text: String, canonical: String) throws {
        #expect(try JSONValue(parsing: text).serialized() == canonical)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "[1,]", "[,1]", "[1 2]", "[", "]", "{", "}", "[}", #"{"a"}"#, #"{"a":}"#,
        #"{"a":1,}"#, "{a:1}", "{1:2}", "'a'", #"""#, #""\"#, #""\x""#, #""\u12""#, #""\u12g4""#, "\"\n\"", "\"\t\"",
        "01", "-", "+1", "1.", ".5", "1e", "1e+", "-a", "0x10", "NaN", "Infinity", "1 2", "[1]]", "// c\n1",
        "\u{FEFF}1",
    ])
    func `invalid text is refused`(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(
        arguments: [
            [0xFF], [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xE2, 0x82, 0x22],
            [0x22, 0x5C, 0x6E, 0xF8, 0x22], [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func `text that is not UTF-8 is refused`(bytes: [UInt8]) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test func `an error says where`() {
        #expect(throws: JSONError(offset: 6, reason: "expected ',' or ']'")) { try JSONValue(parsing: "[1, 2 3]") }
    }

    @Test func `nesting is limited`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(try JSONValue(parsing: nested(128)).serialized() == nested(128))
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(129)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: "[", count: 1_000_000)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: String(repeating: #"{"a":"#, count: 100_000)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: "[[]]", limits: JSONLimits(maximumDepth: 1)) }
    }

    @Test func `random values survive writing and reading`() throws {
        var generator = SplitMix(state: 1)
        for _ in 0..<500 {
            let value = generator.value(depth: 4)
            for style in [.compact, .spaced, .indented(by: 3), JSONStyle(spacing: .none, escapesNonASCII: true)] {
                let text = value.serialized(style)
                #expect(try JSONValue(parsing: text) == value)
                #expect(try JSONValue(parsing: text).serialized(style) == text)
            }
        }
    }

    @Test func `random changes of valid text never crash`() {
        var generator = SplitMix(state: 2)
        let alphabet = Array(#"{}[]",:\u0123deE+-.ntf "#.utf8) + [0, 0x80, 0xE2, 0xFF]
        for _ in 0..<3_000 {
            var bytes = generator.value(depth: 3).serializedBytes()
            for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[index] = alphabet.randomElement(using: &generator) ?? 0
                case 1: bytes.remove(at: index)
                default: bytes.insert(alphabet.randomElement(using: &generator) ?? 0, at: index)
                }
            }
            if let value = try? JSONValue(parsing: bytes) {
                #expect((try? JSONValue(parsing: value.serializedBytes())) == value)
            }
        }
    }
}

/// SplitMix64, and random values from it.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .number(Int(truncatingIfNeeded: next()))
        case 3: return .number(Double(bitPattern: next()))
        case 4, 5: return .string(text())
        case 6: return .array((0..<Int.random(in: 0..<5, using: &self)).map { _ in value(depth: depth - 1) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<20, using: &self) {
                object[text()] = value(depth: depth - 1)
            }
            return .object(object)
        }
    }

    private mutating func text() -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0..<8, using: &self) {
            let limits: [UInt32] = [0x80, 0x80, 0x800, 0x10FFFF]
            let limit = limits.randomElement(using: &self) ?? 0x80
            text.append(Unicode.Scalar(UInt32.random(in: 0..<limit, using: &self)) ?? "\u{E000}")
        }
        return String(text)
    }
}
