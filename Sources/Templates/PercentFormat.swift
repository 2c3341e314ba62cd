/// Python's `%` formatting of text.
extension Interpreter {
    /// `format % value`: a tuple gives one value to each conversion, a dictionary those that conversions name.
    func percentFormat(_ format: TemplateText, _ value: TemplateValue) throws(TemplateError) -> TemplateText {
        var formatter = PercentFormatter(format: format, value: value)
        var result = TemplateText()
        while let piece = try formatter.next() {
            switch piece {
            case .text(let range): result.append(format, range: range)
            case .conversion(let specification, let argument):
                var text = try convert(argument, specification)
                if format.isMarkup {
                    text = text.htmlEscaped()
                }
                result.append(text)
            }
            try spend()
            guard result.byteCount <= limits.textByteCount else {
                throw TemplateError("a text is longer than \(limits.textByteCount) bytes")
            }
        }
        try formatter.finish()
        try spend(bytes: result.byteCount)
        result.isMarkup = format.isMarkup
        return result
    }

    private func convert(
        _ value: TemplateValue, _ specification: FormatSpecification
    ) throws(TemplateError) -> TemplateText {
        var specification = specification
        switch specification.type {
        case "s", "r", "a":
            var text = try specification.type == "s" ? self.text(of: value) : representation(of: value)
            if let precision = specification.precision {
                text = text.slice(0..<text.offset(ofScalar: precision))
            }
            specification.type = "s"
            return try padded(text, specification, defaultAlignment: ">")
        case "c":
            if case .string(let text) = value, text.scalarCount == 1 {
                return try padded(text, specification, defaultAlignment: ">")
            }
            guard let number = value.integer, let scalar = UInt32(exactly: number).flatMap(Unicode.Scalar.init) else {
                throw TemplateError("%c requires int or char")
            }
            return try padded(TemplateText(scalar, origin: .caller), specification, defaultAlignment: ">")
        case "d", "i", "u", "x", "X", "o":
            if case .float(let number) = value, "diu".contains(specification.type) {
                guard let integer = WideInteger(number) else {
                    throw TemplateError("cannot convert float infinity or NaN to integer")
                }
                return try formatNumber(.wide(integer), specification)
            }
            guard value.wideInteger != nil else {
                throw TemplateError(
                    "%\(specification.type) format: a real number is required, not \(value.typeName)")
            }
            return try formatNumber(value, specification)
        default:
            guard let number = value.number else {
                throw TemplateError("must be real number, not \(value.typeName)")
            }
            return try formatNumber(.float(number), specification)
        }
    }
}

/// Cuts a `%` format into text and conversions with their values.
private struct PercentFormatter {
    enum Piece {
        case text(Range<Int>)
        case conversion(FormatSpecification, TemplateValue)
    }

    let format: TemplateText
    let value: TemplateValue
    private var offset = 0
    private var usedCount = 0

    init(format: TemplateText, value: TemplateValue) {
        self.format = format
        self.value = value
    }

    mutating func next() throws(TemplateError) -> Piece? {
        let bytes = format.bytes
        guard offset < bytes.count else { return nil }
        let start = offset
        if bytes[offset] != UInt8(ascii: "%") {
            offset = bytes[offset...].firstIndex(of: UInt8(ascii: "%")) ?? bytes.count
            return .text(start..<offset)
        }
        if offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "%") {
            offset += 2
            return .text((start + 1)..<offset)
        }
        offset += 1
        return try conversion()
    }

    /// All values of a tuple, or a single one, must have been used.
    func finish() throws(TemplateError) {
        switch value {
        case .tuple(let list):
            guard usedCount >= list.elements.count else { throw Self.unusedValues }
        case .dictionary, .list: break
        default:
            guard usedCount > 0 else { throw Self.unusedValues }
        }
    }

    private static let unusedValues = TemplateError("not all arguments converted during string formatting")

    private mutating func conversion() throws(TemplateError) -> Piece {
        var named: TemplateValue?
        if current == "(" {
            guard let end = format.firstRange(of: [UInt8(ascii: ")")], from: offset) else {
                throw TemplateError("incomplete format key")
            }
            guard case .dictionary(let dictionary) = value else { throw TemplateError("format requires a mapping") }
            let name = String(decoding: format.bytes[(offset + 1)..<end], as: UTF8.self)
            guard let member = dictionary.value(of: name) else { throw TemplateError("'\(name)'") }
            named = member
            offset = end + 1
        }
        var specification = FormatSpecification()
        flags: while let flag = current {
            switch flag {
            case "-": specification.alignment = "<"
            case "0": specification.fillsWithZeros = true
            case "+": specification.sign = "+"
            case " ": specification.sign = specification.sign == "+" ? "+" : " "
            case "#": specification.isAlternate = true
            default: break flags
            }
            offset += 1
        }
        specification.width = try number() ?? 0
        if specification.width < 0 {
            specification.alignment = "<"
            specification.width = -specification.width
        }
        if current == "." {
            offset += 1
            specification.precision = max(try number() ?? 0, 0)
        }
        while let modifier = current, "hlL".unicodeScalars.contains(modifier) {
            offset += 1
        }
        guard let type = current else { throw TemplateError("incomplete format") }
        guard "diouxXeEfFgGcrsa".unicodeScalars.contains(type) else {
            throw TemplateError("unsupported format character '\(type)' at index \(offset)")
        }
        offset += 1
        specification.type = Character(type)
        if specification.alignment == "<" {
            specification.fillsWithZeros = false
        }
        if let named {
            return .conversion(specification, named)
        }
        return .conversion(specification, try nextValue())
    }

    private var current: Unicode.Scalar? {
        offset < format.byteCount ? Unicode.Scalar(format.bytes[offset]) : nil
    }

    private mutating func number() throws(TemplateError) -> Int? {
        if current == "*" {
            offset += 1
            let value = try nextValue()
            let number = try value.asInteger("%")
            guard number.magnitude < 1 << 30 else { throw TemplateError("width too big") }
            return number
        }
        var number: Int?
        while let digit = current, ("0"..."9").contains(digit) {
            number = (number ?? 0) * 10 + Int(digit.value) - 48
            offset += 1
            if let number, number >= 1 << 30 {
                throw TemplateError("width too big")
            }
        }
        return number
    }

    private mutating func nextValue() throws(TemplateError) -> TemplateValue {
        defer { usedCount += 1 }
        guard case .tuple(let list) = value else {
            guard usedCount == 0 else { throw TemplateError("not enough arguments for format string") }
            return value
        }
        guard usedCount < list.elements.count else {
            throw TemplateError("not enough arguments for format string")
        }
        return list.elements[usedCount]
    }
}
