/// Python's changes and tests of letter case and kind.
extension TemplateText {
    /// The text after a method that changes case; nil for other names.
    func changedCase(_ name: String) -> TemplateText? {
        switch name {
        case "upper": mapStretches { Self.mapped($0) { $0.properties.uppercaseMapping } }
        case "lower": lowercased
        case "casefold": mapStretches { Self.mapped($0) { $0 == "ß" ? "ss" : $0.properties.lowercaseMapping } }
        case "swapcase":
            mapStretches {
                Self.mapped($0) { scalar in
                    scalar.properties.isUppercase
                        ? scalar.properties.lowercaseMapping
                        : scalar.properties.isLowercase ? scalar.properties.uppercaseMapping : String(scalar)
                }
            }
        case "capitalize": capitalized
        case "title": titlecased
        default: nil
        }
    }

    private static func mapped(_ text: String, _ mapping: (Unicode.Scalar) -> String) -> String {
        text.unicodeScalars.reduce(into: "") { $0 += mapping($1) }
    }

    /// Lower case, with the final form of a sigma that ends a word.
    var lowercased: TemplateText {
        mapStretches { text in
            guard text.unicodeScalars.contains("Σ") else {
                return Self.mapped(text) { $0.properties.lowercaseMapping }
            }
            let scalars = Array(text.unicodeScalars)
            var result = ""
            for (index, scalar) in scalars.enumerated() {
                result += scalar == "Σ" && Self.endsWord(scalars, at: index) ? "ς" : scalar.properties.lowercaseMapping
            }
            return result
        }
    }

    private static func endsWord(_ scalars: [Unicode.Scalar], at index: Int) -> Bool {
        let before = scalars[..<index].last { !$0.properties.isCaseIgnorable }
        let after = scalars[(index + 1)...].first { !$0.properties.isCaseIgnorable }
        return before?.properties.isCased == true && after?.properties.isCased != true
    }

    /// The first scalar in title case, the others in lower case.
    var capitalized: TemplateText {
        guard let first = scalarRanges.first else { return self }
        let head = slice(first).mapStretches { Self.mapped($0) { $0.properties.titlecaseMapping } }
        return head + slice(first.upperBound..<byteCount).lowercased
    }

    /// Python's str.title: each letter after a letter in lower case, every other one in title case.
    private var titlecased: TemplateText {
        var followsCased = false
        return mapStretches { text in
            Self.mapped(text) { scalar in
                let mapped = followsCased ? scalar.properties.lowercaseMapping : scalar.properties.titlecaseMapping
                followsCased = scalar.properties.isCased
                return mapped
            }
        }
    }

    /// The answer of a method that asks for the kind of all characters.
    func hasProperty(_ name: String) -> Bool {
        let scalars = string.unicodeScalars
        switch name {
        case "isascii": return scalars.allSatisfy(\.isASCII)
        case "isprintable": return scalars.allSatisfy(\.isPythonPrintable)
        case "islower", "isupper":
            let isLower = name == "islower"
            let hasOther = scalars.contains { scalar in
                scalar.properties.generalCategory == .titlecaseLetter
                    || (isLower ? scalar.properties.isUppercase : scalar.properties.isLowercase)
            }
            return !hasOther && scalars.contains { isLower ? $0.properties.isLowercase : $0.properties.isUppercase }
        case "istitle": return isTitlecased
        case "isidentifier":
            guard let first = scalars.first else { return false }
            return (first == "_" || first.properties.isXIDStart) && scalars.allSatisfy(\.properties.isXIDContinue)
        default: return !scalars.isEmpty && scalars.allSatisfy { Self.hasProperty($0, name) }
        }
    }

    private static func hasProperty(_ scalar: Unicode.Scalar, _ name: String) -> Bool {
        switch name {
        case "isalpha": scalar.isPythonAlphabetic
        case "isalnum": scalar.isPythonAlphanumeric
        case "isspace": scalar.isPythonSpace
        case "isdecimal": scalar.properties.numericType == .decimal
        case "isdigit": scalar.properties.numericType == .decimal || scalar.properties.numericType == .digit
        case "isnumeric": scalar.properties.numericType != nil
        default: false
        }
    }

    private var isTitlecased: Bool {
        var followsCased = false
        var hasCased = false
        for scalar in string.unicodeScalars {
            if scalar.properties.isUppercase || scalar.properties.generalCategory == .titlecaseLetter {
                guard !followsCased else { return false }
                followsCased = true
                hasCased = true
            } else if scalar.properties.isLowercase {
                guard followsCased else { return false }
                hasCased = true
            } else {
                followsCased = false
            }
        }
        return hasCased
    }

    /// The text with `<>&'"` as HTML entities, which count as part of the text they stand in; markup stays.
    func htmlEscaped() -> TemplateText {
        guard !isMarkup else { return self }
        var escaped = mapStretches { text in
            var escaped = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": escaped += "&amp;"
                case "<": escaped += "&lt;"
                case ">": escaped += "&gt;"
                case "'": escaped += "&#39;"
                case "\"": escaped += "&#34;"
                default: escaped.unicodeScalars.append(scalar)
                }
            }
            return escaped
        }
        escaped.isMarkup = true
        return escaped
    }
}
