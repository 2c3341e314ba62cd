/// How a value is laid out as text: `[[fill]align][sign][#][0][width][grouping][.precision][type]`.
struct FormatSpecification {
    var fill = TemplateText(" ")
    /// `<`, `>`, `^` or `=`; nil is the type's own.
    var alignment: Character?
    var sign: Character = "-"
    var isAlternate = false
    var fillsWithZeros = false
    var width = 0
    var grouping: Character?
    var precision: Int?
    var type: Character = "\0"

    init() {}

    init(_ text: String) throws(TemplateError) {
        var rest = Array(text)[...]
        let alignments: [Character] = ["<", ">", "^", "="]
        if rest.count > 1, alignments.contains(rest[1]) {
            fill = TemplateText(String(rest.removeFirst()))
            alignment = rest.removeFirst()
        } else if let first = rest.first, alignments.contains(first) {
            alignment = rest.removeFirst()
        }
        if let first = rest.first, ["+", "-", " "].contains(first) {
            sign = rest.removeFirst()
        }
        if rest.first == "#" {
            isAlternate = true
            rest.removeFirst()
        }
        if rest.first == "0" {
            fillsWithZeros = alignment == nil
            if alignment != nil, fill == TemplateText(" ") {
                fill = TemplateText("0")
            }
            rest.removeFirst()
        }
        width = try Self.number(&rest) ?? 0
        if let first = rest.first, first == "," || first == "_" {
            grouping = rest.removeFirst()
        }
        if rest.first == "." {
            rest.removeFirst()
            precision = try Self.number(&rest)
            guard precision != nil else { throw TemplateError("Format specifier missing precision") }
        }
        if let type = rest.popFirst() {
            self.type = type
        }
        guard rest.isEmpty else { throw TemplateError("Invalid format specifier '\(text)'") }
    }

    private static func number(_ rest: inout ArraySlice<Character>) throws(TemplateError) -> Int? {
        var number: Int?
        while let digit = rest.first, digit.isASCII, let value = digit.wholeNumberValue {
            number = (number ?? 0) * 10 + value
            guard let number, number < 1 << 30 else { throw TemplateError("Too many decimal digits in format string") }
            rest.removeFirst()
        }
        return number
    }
}

/// Which positional argument the next field without a number takes.
private struct FieldNumbering {
    private(set) var index = 0
    private var isNumbered: Bool?

    /// Steps on after a field; a format may not mix fields with and without numbers.
    mutating func take(isNumbered: Bool) throws(TemplateError) {
        guard self.isNumbered ?? isNumbered == isNumbered else {
            throw TemplateError("cannot mix fields with and without numbers in a format string")
        }
        self.isNumbered = isNumbered
        index += isNumbered ? 0 : 1
    }
}

/// Python's str.format.
extension Interpreter {
    func braceFormat(_ format: TemplateText, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        var next = FieldNumbering()
        let result = try braceFormat(format, arguments, &next, depth: 2)
        try spend(bytes: result.byteCount)
        return result
    }

    private func braceFormat(
        _ format: TemplateText, _ arguments: CallArguments, _ next: inout FieldNumbering, depth: Int
    ) throws(TemplateError) -> TemplateText {
        guard depth > 0 else { throw TemplateError("Max string recursion exceeded") }
        let bytes = format.bytes
        var result = TemplateText()
        var offset = 0
        var start = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") else {
                offset += 1
                continue
            }
            result.append(format, range: start..<offset)
            if offset + 1 < bytes.count, bytes[offset + 1] == byte {
                result.append(format, range: offset..<(offset + 1))
                offset += 2
            } else {
                guard byte == UInt8(ascii: "{") else {
                    throw TemplateError("Single '}' encountered in format string")
                }
                let end = try fieldEnd(in: bytes, from: offset)
                result.append(
                    try field(
                        format.slice((offset + 1)..<end), arguments, &next, depth: depth, isMarkup: format.isMarkup))
                offset = end + 1
            }
            start = offset
            try spend()
            guard result.byteCount <= limits.textByteCount else {
                throw TemplateError("a text is longer than \(limits.textByteCount) bytes")
            }
        }
        result.append(format, range: start..<bytes.count)
        result.isMarkup = format.isMarkup
        return result
    }

    private func fieldEnd(in bytes: [UInt8], from start: Int) throws(TemplateError) -> Int {
        var depth = 0
        for offset in start..<bytes.count {
            if bytes[offset] == UInt8(ascii: "{") {
                depth += 1
            } else if bytes[offset] == UInt8(ascii: "}") {
                depth -= 1
                if depth == 0 {
                    return offset
                }
            }
        }
        throw TemplateError(
            start + 1 < bytes.count ? "expected '}' before end of string" : "Single '{' encountered in format string")
    }

    /// One replacement field, without its braces: `name.attribute[index]!conversion:specification`.
    private func field(
        _ field: TemplateText, _ arguments: CallArguments, _ next: inout FieldNumbering, depth: Int, isMarkup: Bool
    ) throws(TemplateError) -> TemplateText {
        let colon = field.firstRange(of: [UInt8(ascii: ":")]) ?? field.byteCount
        let mark = field.firstRange(of: [UInt8(ascii: "!")], to: colon) ?? colon
        var value = try fieldValue(field.slice(0..<mark).string, arguments, &next)
        switch field.slice(mark..<colon).string {
        case "": break
        case "!s": value = .string(try text(of: value))
        case "!r", "!a": value = .string(try representation(of: value))
        default: throw TemplateError("Unknown conversion specifier in format string")
        }
        let nested = field.slice(min(colon + 1, field.byteCount)..<field.byteCount)
        let holdsFields = nested.bytes.contains(UInt8(ascii: "{")) || nested.bytes.contains(UInt8(ascii: "}"))
        let specification =
            holdsFields ? try braceFormat(nested, arguments, &next, depth: depth - 1).string : nested.string
        let text = try format(value, specification)
        return isMarkup ? text.htmlEscaped() : text
    }

    private func fieldValue(
        _ name: String, _ arguments: CallArguments, _ next: inout FieldNumbering
    ) throws(TemplateError) -> TemplateValue {
        let end = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
        let first = name[..<end]
        var value: TemplateValue
        if let index = first.isEmpty ? next.index : Int(first) {
            try next.take(isNumbered: !first.isEmpty)
            guard arguments.positional.indices.contains(index) else {
                throw TemplateError("Replacement index \(index) out of range for positional args tuple")
            }
            value = arguments.positional[index]
        } else {
            guard let named = arguments.named.first(where: { $0.name == first }) else {
                throw TemplateError("'\(first)'")
            }
            value = named.value
        }
        var rest = name[end...]
        while let mark = rest.first {
            rest = rest.dropFirst()
            if mark == "." {
                let part = rest.prefix { $0 != "." && $0 != "[" }
                value = try attribute(String(part), of: value)
                rest = rest.dropFirst(part.count)
            } else {
                let part = rest.prefix { $0 != "]" }
                value = try item(Int(part).map(TemplateValue.integer) ?? .text(String(part)), of: value)
                rest = rest.dropFirst(part.count + 1)
            }
        }
        return value
    }

    private func format(_ value: TemplateValue, _ specification: String) throws(TemplateError) -> TemplateText {
        guard !specification.isEmpty else { return try text(of: value) }
        let layout = try FormatSpecification(specification)
        switch value {
        case .integer, .wide, .bool:
            guard layout.precision == nil || layout.type == "s" || "eEfFgG%".contains(layout.type) else {
                throw TemplateError("Precision not allowed in integer format specifier")
            }
        case .string where layout.grouping != nil:
            throw TemplateError("Cannot specify '\(layout.grouping ?? ",")' with 's'.")
        default: break
        }
        switch value {
        case .integer, .wide, .float: return try formatNumber(value, layout)
        case .bool where layout.type != "s": return try formatNumber(.integer(value.integer ?? 0), layout)
        case .string, .bool:
            guard layout.type == "s" || layout.type == "\0" else {
                throw TemplateError("Unknown format code '\(layout.type)' for object of type '\(value.typeName)'")
            }
            guard layout.sign == "-", layout.alignment != "=" else {
                throw TemplateError("Sign not allowed in string format specifier")
            }
            var text = try text(of: value)
            if let precision = layout.precision {
                text = text.slice(0..<text.offset(ofScalar: precision))
            }
            return try padded(text, layout, defaultAlignment: "<")
        default: throw TemplateError("unsupported format string passed to \(value.typeName).__format__")
        }
    }
}
