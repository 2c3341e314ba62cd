/// Reads JSON by RFC 8259's grammar, strictly: no comments, no trailing commas, no NaN, no byte order mark.
///
/// The text must be UTF-8. A `\u` escape of half a surrogate pair becomes U+FFFD, as clients that cut text in UTF-16 send
/// such halves. Of members with the same key, the first gives the place and the last the value.
struct JSONParser {
    private let bytes: [UInt8]
    private let limits: JSONLimits
    private var offset = 0
    private var depth = 0

    init(bytes: [UInt8], limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
    }

    /// The one value of the whole text.
    mutating func parseText() throws(JSONError) -> JSONValue {
        let value = try parseValue()
        skipWhitespace()
        guard offset == bytes.count else { throw failure("expected the end of the text") }
        return value
    }
}

extension JSONParser {
    private mutating func parseValue() throws(JSONError) -> JSONValue {
        skipWhitespace()
        guard offset < bytes.count else { throw failure("the text ends where a value is due") }
        switch bytes[offset] {
        case UInt8(ascii: "\""): return .string(try parseString())
        case UInt8(ascii: "{"): return .object(try parseObject())
        case UInt8(ascii: "["): return .array(try parseArray())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try parseNumber())
        case UInt8(ascii: "t"): return try parseWord("true", .bool(true))
        case UInt8(ascii: "f"): return try parseWord("false", .bool(false))
        case UInt8(ascii: "n"): return try parseWord("null", .null)
        default: throw failure("expected a value")
        }
    }

    private mutating func parseWord(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let matches = word.withUTF8Buffer { expected in
            unsafe bytes[offset...].starts(with: expected)
        }
        guard matches else { throw failure("expected a value") }
        offset += word.utf8CodeUnitCount
        return value
    }

    private mutating func parseArray() throws(JSONError) -> [JSONValue] {
        try enterContainer()
        defer { depth -= 1 }
        var elements: [JSONValue] = []
        skipWhitespace()
        if skip(UInt8(ascii: "]")) {
            return elements
        }
        while true {
            elements.append(try parseValue())
            skipWhitespace()
            if skip(UInt8(ascii: "]")) {
                return elements
            }
            guard skip(UInt8(ascii: ",")) else { throw failure("expected ',' or ']'") }
        }
    }

    private mutating func parseObject() throws(JSONError) -> JSONObject {
        try enterContainer()
        defer { depth -= 1 }
        var object = JSONObject()
        skipWhitespace()
        if skip(UInt8(ascii: "}")) {
            return object
        }
        while true {
            skipWhitespace()
            guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else { throw failure("expected a key") }
            let key = try parseString()
            skipWhitespace()
            guard skip(UInt8(ascii: ":")) else { throw failure("expected ':'") }
            object[key] = try parseValue()
            skipWhitespace()
            if skip(UInt8(ascii: "}")) {
                return object
            }
            guard skip(UInt8(ascii: ",")) else { throw failure("expected ',' or '}'") }
        }
    }

    /// Steps over an opening bracket.
    private mutating func enterContainer() throws(JSONError) {
        guard depth < limits.maximumDepth else {
            throw failure("arrays and objects nest deeper than \(limits.maximumDepth) levels")
        }
        depth += 1
        offset += 1
    }
}

extension JSONParser {
    private mutating func parseNumber() throws(JSONError) -> JSONNumber {
        let start = offset
        _ = skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) {
            try skipDigits()
        }
        if skip(UInt8(ascii: ".")) {
            try skipDigits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            if !skip(UInt8(ascii: "+")) {
                _ = skip(UInt8(ascii: "-"))
            }
            try skipDigits()
        }
        return JSONNumber(checkedText: String(decoding: bytes[start..<offset], as: UTF8.self))
    }

    private mutating func skipDigits() throws(JSONError) {
        let start = offset
        while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
            offset += 1
        }
        guard offset > start else { throw failure("expected a digit") }
    }
}

extension JSONParser {
    /// Reads a string from its opening quote on.
    private mutating func parseString() throws(JSONError) -> String {
        offset += 1
        let start = offset
        while offset < bytes.count {
            switch bytes[offset] {
            case UInt8(ascii: "\""):
                let text = try text(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                return try parseStringWithEscapes(from: start)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                offset += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    /// Goes on with a string whose first escape is at the offset.
    private mutating func parseStringWithEscapes(from start: Int) throws(JSONError) -> String {
        var unescaped = Array(bytes[start..<offset])
        while offset < bytes.count {
            let byte = bytes[offset]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: unescaped, as: UTF8.self) else {
                    throw JSONError(offset: start, reason: "a string is not valid UTF-8")
                }
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                try parseEscape(into: &unescaped)
            case 0..<0x20:
                throw failure("a control character in a string must be escaped")
            default:
                unescaped.append(byte)
                offset += 1
            }
        }
        throw failure("the text ends inside a string")
    }

    private mutating func parseEscape(into unescaped: inout [UInt8]) throws(JSONError) {
        offset += 1
        guard offset < bytes.count else { throw failure("the text ends inside an escape") }
        let byte = bytes[offset]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(byte)
        case UInt8(ascii: "b"): unescaped.append(0x08)
        case UInt8(ascii: "f"): unescaped.append(0x0C)
        case UInt8(ascii: "n"): unescaped.append(0x0A)
        case UInt8(ascii: "r"): unescaped.append(0x0D)
        case UInt8(ascii: "t"): unescaped.append(0x09)
        case UInt8(ascii: "u"):
            offset += 1
            try parseUnicodeEscape(into: &unescaped)
            return
        default: throw failure("unknown escape in a string")
        }
        offset += 1
    }

    /// Reads the digits after `\u`, and a second escape where the first is a leading surrogate.
    private mutating func parseUnicodeEscape(into unescaped: inout [UInt8]) throws(JSONError) {
        let unit = try parseHexDigits()
        var scalar = Unicode.Scalar(unit) ?? "\u{FFFD}"
        if UTF16.isLeadSurrogate(UInt16(unit)), bytes[offset...].starts(with: "\\u".utf8) {
            let afterFirst = offset
            offset += 2
            let second = try parseHexDigits()
            if UTF16.isTrailSurrogate(UInt16(second)) {
                scalar = Unicode.Scalar(0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00)) ?? "\u{FFFD}"
            } else {
                offset = afterFirst
            }
        }
        unescaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    /// Four hexadecimal digits: a UTF-16 unit.
    private mutating func parseHexDigits() throws(JSONError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard offset < bytes.count, let digit = Self.hexDigit(bytes[offset]) else {
                throw failure("expected four hexadecimal digits after '\\u'")
            }
            unit = unit << 4 | digit
            offset += 1
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt32? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }

    private func text(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw JSONError(offset: range.lowerBound, reason: "a string is not valid UTF-8")
        }
        return text
    }
}

extension JSONParser {
    private mutating func skipWhitespace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// Steps over a byte if it is next.
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private func failure(_ reason: String) -> JSONError {
        JSONError(offset: offset, reason: reason)
    }
}
