/// What Python's int() and float() read from text.
enum PythonNumerals {
    /// An integer with an optional sign, single underscores between digits, and a prefix where the radix is 0 or fits it.
    static func integer(_ text: String, radix: Int) -> WideInteger? {
        var digits = trimmed(text)[...]
        var isNegative = false
        if let sign = digits.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            digits = digits.dropFirst()
        }
        var radix = radix
        let prefixes: [String: Int] = ["0x": 16, "0o": 8, "0b": 2]
        if let prefixed = prefixes[digits.prefix(2).lowercased()], radix == 0 || radix == prefixed {
            radix = prefixed
            digits = digits.dropFirst(2)
            if digits.first == "_" {
                digits = digits.dropFirst()
            }
        }
        radix = radix == 0 ? 10 : radix
        guard (2...16).contains(radix), let plain = withoutUnderscores(digits) else { return nil }
        guard let value = WideInteger(plain, radix: radix) else { return nil }
        return isNegative ? value.negated : value
    }

    /// A decimal number with an optional sign, point and exponent, or infinity or NaN by name.
    static func float(_ text: String) -> Double? {
        let trimmed = trimmed(text)
        var body = trimmed[...]
        if let sign = body.first, sign == "-" || sign == "+" {
            body = body.dropFirst()
        }
        switch body.lowercased() {
        case "inf", "infinity": return trimmed.hasPrefix("-") ? -.infinity : .infinity
        case "nan": return .nan
        default: break
        }
        guard let plain = withoutUnderscores(body),
            plain.utf8.allSatisfy({ (48...57).contains($0) || [43, 45, 46, 69, 101].contains($0) }),
            let value = Double(plain.hasPrefix(".") ? "0" + plain : plain.hasSuffix(".") ? plain + "0" : plain),
            plain != "."
        else { return nil }
        return trimmed.hasPrefix("-") ? -value : value
    }

    /// Without white space around it, decimal digits of every script as ASCII ones.
    private static func trimmed(_ text: String) -> String {
        let stripped = TemplateText(text).stripped(start: true, end: true) { $0.isPythonSpace }.string
        guard !stripped.utf8.allSatisfy({ $0 < 0x80 }) else { return stripped }
        var plain = String.UnicodeScalarView()
        for scalar in stripped.unicodeScalars {
            plain.append(scalar.decimalDigit ?? scalar)
        }
        return String(plain)
    }

    /// The digits without underscores; nil where one does not stand between digits.
    private static func withoutUnderscores(_ digits: Substring) -> String? {
        let parts = digits.split(separator: "_", omittingEmptySubsequences: false)
        guard let first = digits.first, first != "-", first != "+", parts.allSatisfy({ !$0.isEmpty }) else {
            return nil
        }
        return parts.joined()
    }
}
