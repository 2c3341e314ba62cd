/// Numbers and strings in tags, as Python writes them.
extension Lexer {
    mutating func scanNumber() throws(TemplateError) {
        if source[offset] == "0", let radix = ["b": 2, "o": 8, "x": 16][scalar(at: offset + 1).lowercaseASCII] {
            let start = offset
            offset += 2
            let digits = digits(radix: radix)
            if !digits.isEmpty {
                guard let value = WideInteger(digits, radix: radix) else {
                    throw TemplateError(line: line, message: "an integer has too many digits")
                }
                append(.integer(value.description))
                return
            }
            offset = start
        }
        let start = offset
        // After a dot, digits are an index: `a.1.5` holds no float.
        let mayBeFloat = start == 0 || source[start - 1] != "."
        let whole = digits(radix: 10)
        var text = whole
        var isFloat = false
        if mayBeFloat, scalar(at: offset) == ".", ("0"..."9").contains(scalar(at: offset + 1)) {
            offset += 1
            text += "." + digits(radix: 10)
            isFloat = true
        }
        if mayBeFloat, scalar(at: offset).lowercaseASCII == "e" {
            let beforeExponent = offset
            offset += 1
            let sign = scalar(at: offset)
            if sign == "+" || sign == "-" {
                offset += 1
            }
            let exponent = ("0"..."9").contains(scalar(at: offset)) ? digits(radix: 10) : ""
            if exponent.isEmpty {
                offset = beforeExponent
            } else {
                text += "e" + (sign == "-" ? "-" : "") + exponent
                isFloat = true
            }
        }
        if isFloat {
            append(.float(Double(text) ?? .infinity))
            return
        }
        offset = start
        append(.integer(whole.utf8.first == UInt8(ascii: "0") ? zeros() : digits(radix: 10)))
    }

    /// Digits of a radix, with single underscores between (after a prefix: before) them taken out.
    private mutating func digits(radix: Int) -> String {
        var digits = ""
        while true {
            let hasUnderscore = scalar(at: offset) == "_"
            let digit = scalar(at: hasUnderscore ? offset + 1 : offset)
            guard digit.isASCII, let value = Character(digit).hexDigitValue, value < radix else { return digits }
            digits.unicodeScalars.append(digit)
            offset += hasUnderscore ? 2 : 1
        }
    }

    /// An integer that starts with 0 has only zeros.
    private mutating func zeros() -> String {
        offset += 1
        while scalar(at: offset) == "0" || (scalar(at: offset) == "_" && scalar(at: offset + 1) == "0") {
            offset += 1
        }
        return "0"
    }
}

extension Lexer {
    mutating func scanString(quote: Unicode.Scalar) throws(TemplateError) {
        let startLine = line
        var text = String.UnicodeScalarView()
        offset += 1
        while offset < source.count {
            let scalar = source[offset]
            offset += 1
            if scalar == quote {
                tokens.append(TemplateToken(kind: .string(String(text)), line: startLine))
                return
            }
            line += scalar == "\n" ? 1 : 0
            if scalar == "\\", offset < source.count {
                try scanEscape(into: &text)
            } else {
                text.append(scalar)
            }
        }
        throw TemplateError(line: startLine, message: "unexpected char '\(quote)'")
    }

    /// Reads what follows a backslash, by Python's rules; an unknown escape keeps its backslash.
    private mutating func scanEscape(into text: inout String.UnicodeScalarView) throws(TemplateError) {
        let scalar = source[offset]
        offset += 1
        switch scalar {
        case "\n": line += 1
        case "\\", "'", "\"": text.append(scalar)
        case "a": text.append("\u{7}")
        case "b": text.append("\u{8}")
        case "f": text.append("\u{C}")
        case "n": text.append("\n")
        case "r": text.append("\r")
        case "t": text.append("\t")
        case "v": text.append("\u{B}")
        case "x": text.append(try scanHexEscape(digitCount: 2))
        case "u": text.append(try scanHexEscape(digitCount: 4))
        case "U": text.append(try scanHexEscape(digitCount: 8))
        case "0"..."7":
            var value = scalar.value - 48
            var count = 1
            while count < 3, offset < source.count, ("0"..."7").contains(source[offset]) {
                value = value * 8 + source[offset].value - 48
                offset += 1
                count += 1
            }
            text.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        default:
            text.append("\\")
            text.append(scalar)
        }
    }

    private mutating func scanHexEscape(digitCount: Int) throws(TemplateError) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<digitCount {
            let digit = scalar(at: offset)
            guard digit.isASCII, let nibble = Character(digit).hexDigitValue else {
                throw TemplateError(line: line, message: "truncated \\x, \\u or \\U escape in a string")
            }
            value = value << 4 | UInt32(nibble)
            offset += 1
        }
        guard value <= 0x10FFFF else {
            throw TemplateError(line: line, message: "illegal Unicode character in a string")
        }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }
}
