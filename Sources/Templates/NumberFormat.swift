/// Numbers laid out by a format specification, for `%` and str.format alike.
extension Interpreter {
    func formatNumber(
        _ value: TemplateValue, _ specification: FormatSpecification
    ) throws(TemplateError) -> TemplateText {
        guard specification.precision ?? 0 <= 10_000 else { throw TemplateError("precision too big") }
        var isNegative = false
        var digits: String
        var prefix = ""
        switch (value, specification.type) {
        case (_, "e"), (_, "E"), (_, "f"), (_, "F"), (_, "g"), (_, "G"), (_, "%"), (.float, "\0"):
            guard let number = value.number else { throw TemplateError("a number is required") }
            isNegative = number.sign == .minus
            digits = floatDigits(number.magnitude, specification)
        case (.float, _):
            throw TemplateError("Unknown format code '\(specification.type)' for object of type 'float'")
        default:
            guard let integer = value.wideInteger else { throw TemplateError("an integer is required") }
            isNegative = integer.isNegative
            guard !isNegative || specification.type != "c" else {
                throw TemplateError("%c arg not in range(0x110000)")
            }
            (prefix, digits) = try integerDigits(isNegative ? integer.negated : integer, specification)
        }
        if let grouping = specification.grouping {
            digits = grouped(digits, grouping, size: "xXob".contains(specification.type) ? 4 : 3)
        }
        let sign = isNegative ? "-" : specification.sign == "-" ? "" : String(specification.sign)
        let zeros = specification.fillsWithZeros || specification.alignment == "="
        if zeros, specification.alignment == nil || specification.alignment == "=" {
            let fill = specification.fillsWithZeros ? TemplateText("0") : specification.fill
            let missing = specification.width - sign.count - prefix.count - digits.count
            return TemplateText(sign + prefix, origin: .caller) + (try padding(fill, count: missing))
                + TemplateText(digits, origin: .caller)
        }
        return try padded(
            TemplateText(sign + prefix + digits, origin: .caller), specification, defaultAlignment: ">")
    }

    func padded(
        _ text: TemplateText, _ specification: FormatSpecification, defaultAlignment: Character
    ) throws(TemplateError) -> TemplateText {
        let missing = specification.width - text.scalarCount
        guard missing > 0 else { return text }
        switch specification.alignment ?? defaultAlignment {
        case "<": return text + (try padding(specification.fill, count: missing))
        case "^":
            return try padding(specification.fill, count: missing / 2) + text
                + (try padding(specification.fill, count: missing - missing / 2))
        default: return try padding(specification.fill, count: missing) + text
        }
    }

    private func integerDigits(
        _ magnitude: WideInteger, _ specification: FormatSpecification
    ) throws(TemplateError) -> (prefix: String, digits: String) {
        let radix: Int
        switch specification.type {
        case "d", "i", "u", "n", "\0":
            let digits = magnitude.description
            let missing = (specification.precision ?? 0) - digits.count
            return ("", String(repeating: "0", count: max(missing, 0)) + digits)
        case "x", "X": radix = 16
        case "o": radix = 8
        case "b": radix = 2
        case "c":
            guard let value = magnitude.int, let scalar = Unicode.Scalar(UInt32(clamping: value)) else {
                throw TemplateError("%c arg not in range(0x110000)")
            }
            return ("", String(scalar))
        default: throw TemplateError("Unknown format code '\(specification.type)' for object of type 'int'")
        }
        guard let value = magnitude.int else { throw TemplateError("the number is too large for this format") }
        let isUpper = specification.type == "X"
        let digits = String(value, radix: radix, uppercase: isUpper)
        let prefixes: [Character: String] = ["x": "0x", "X": "0X", "o": "0o", "b": "0b"]
        return (specification.isAlternate ? prefixes[specification.type] ?? "" : "", digits)
    }

    private func floatDigits(_ magnitude: Double, _ specification: FormatSpecification) -> String {
        let isUpper = "EFG".contains(specification.type)
        guard magnitude.isFinite else {
            let name = magnitude.isNaN ? "nan" : "inf"
            return isUpper ? name.uppercased() : name
        }
        let precision = specification.precision ?? 6
        switch specification.type {
        case "f", "F": return magnitude.fixedDigits(places: precision)
        case "%": return (magnitude * 100).fixedDigits(places: precision) + "%"
        case "e", "E": return scientific(magnitude, places: precision, mark: isUpper ? "E" : "e")
        case "\0" where specification.precision == nil: return magnitude.pythonDescription
        default: return general(magnitude, specification, mark: isUpper ? "E" : "e")
        }
    }

    private func scientific(_ magnitude: Double, places: Int, mark: String) -> String {
        let (digits, exponent) = magnitude.scientificDigits(places: places)
        return digits + mark + exponentText(exponent)
    }

    private func exponentText(_ exponent: Int) -> String {
        (exponent < 0 ? "-" : "+") + (abs(exponent) < 10 ? "0" : "") + String(abs(exponent))
    }

    /// `g`: so many significant digits, with an exponent where the number is very small or large.
    private func general(_ magnitude: Double, _ specification: FormatSpecification, mark: String) -> String {
        let precision = max(specification.precision ?? 6, 1)
        var (digits, exponent) = magnitude.scientificDigits(places: precision - 1)
        let isPlain = specification.type == "\0"
        let usesExponent = exponent < -4 || exponent >= (isPlain ? precision - 1 : precision)
        if !usesExponent || (isPlain && magnitude == 0) {
            digits = magnitude.fixedDigits(places: max(precision - 1 - exponent, 0))
        }
        if !specification.isAlternate, digits.contains(".") {
            while digits.hasSuffix("0") {
                digits.removeLast()
            }
            if digits.hasSuffix(".") {
                digits.removeLast()
            }
        }
        if usesExponent {
            return digits + mark + exponentText(exponent)
        }
        return isPlain && !digits.contains(".") ? digits + ".0" : digits
    }

    private func grouped(_ digits: String, _ separator: Character, size: Int) -> String {
        let end = digits.firstIndex { !$0.isHexDigit } ?? digits.endIndex
        var result = ""
        let whole = digits[..<end]
        for (index, digit) in whole.enumerated() {
            if index > 0, (whole.count - index) % size == 0 {
                result.append(separator)
            }
            result.append(digit)
        }
        return result + digits[end...]
    }
}
