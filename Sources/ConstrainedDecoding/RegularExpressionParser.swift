/// Reads the text of a regular expression.
struct RegularExpressionParser {
    private static let depthLimit = 100
    private static let countLimit = 100_000
    private static let lengthLimit = 65_536

    private let scalars: [Unicode.Scalar]
    private let isWide: Bool
    private var position = 0
    private var depth = 0

    init(_ text: String, isWide: Bool) {
        scalars = Array(text.unicodeScalars)
        self.isWide = isWide
    }

    mutating func parseAll() throws(ConstraintError) -> RegularExpression {
        guard scalars.count <= Self.lengthLimit else {
            throw failure("is longer than \(Self.lengthLimit) characters")
        }
        let expression = try parseChoice()
        guard position == scalars.count else { throw failure("has a ')' without a '('") }
        return expression
    }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
        guard next == scalar else { return false }
        position += 1
        return true
    }

    private func failure(_ what: String) -> ConstraintError {
        ConstraintError(message: "The regular expression \(what), at character \(position).")
    }
}

extension RegularExpressionParser {
    private mutating func parseChoice() throws(ConstraintError) -> RegularExpression {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else { throw failure("nests deeper than \(Self.depthLimit) groups") }
        var choices = [try parseSequence()]
        while skip("|") {
            choices.append(try parseSequence())
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func parseSequence() throws(ConstraintError) -> RegularExpression {
        var parts: [RegularExpression] = []
        while let scalar = next, scalar != "|", scalar != ")" {
            parts.append(try parseRepetition())
        }
        return parts.count == 1 ? parts[0] : .sequence(parts)
    }

    private mutating func parseRepetition() throws(ConstraintError) -> RegularExpression {
        let part = try parseAtom()
        guard let range = try parseQuantifier() else { return part }
        if part == .startAnchor || part == .endAnchor {
            throw failure("repeats an anchor")
        }
        // Greedy or lazy: the same texts match.
        _ = skip("?")
        if next == "+" || next == "*" {
            throw failure("has a possessive or doubled quantifier, which is not supported")
        }
        return .repeated(part, minimum: range.0, maximum: range.1)
    }

    private mutating func parseQuantifier() throws(ConstraintError) -> (Int, Int?)? {
        switch next {
        case "*":
            position += 1
            return (0, nil)
        case "+":
            position += 1
            return (1, nil)
        case "?":
            position += 1
            return (0, 1)
        case "{":
            return try parseBraces()
        default:
            return nil
        }
    }

    /// `{2}`, `{2,}`, `{2,5}`, `{,5}`.
    private mutating func parseBraces() throws(ConstraintError) -> (Int, Int?)? {
        position += 1
        let minimum = try parseCount()
        let hasComma = skip(",")
        let maximum = hasComma ? try parseCount() : minimum
        guard skip("}"), minimum != nil || maximum != nil else {
            throw failure("has a '{' that begins no repetition; write it as '\\{'")
        }
        if let minimum, let maximum, maximum < minimum {
            throw failure("has a repetition whose limits are in the wrong order")
        }
        return (minimum ?? 0, maximum)
    }

    private mutating func parseCount() throws(ConstraintError) -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = (value ?? 0) * 10 + Int(scalar.value - 48)
            position += 1
            guard value ?? 0 <= Self.countLimit else { throw failure("repeats more than \(Self.countLimit) times") }
        }
        return value
    }
}

extension RegularExpressionParser {
    private mutating func parseAtom() throws(ConstraintError) -> RegularExpression {
        guard let scalar = next else { throw failure("ends where something is due") }
        position += 1
        switch scalar {
        case "^": return .startAnchor
        case "$": return .endAnchor
        case ".": return .scalars(isWide ? .all : ScalarClass("\n\r\u{2028}\u{2029}").inverted)
        case "(": return try parseGroup()
        case "[": return .scalars(try parseClass())
        case "\\": return try parseEscape()
        case "*", "+", "?", "{", ")": throw failure("has a '\(scalar)' that nothing stands before")
        default: return .scalars(ScalarClass(scalar: scalar.value))
        }
    }

    private mutating func parseGroup() throws(ConstraintError) -> RegularExpression {
        if skip("?") {
            if skip("P") || next == "<" {
                guard skip("<"), next != "=", next != "!" else {
                    throw failure("looks behind or refers back, which is not supported")
                }
                while let scalar = next, scalar != ">" {
                    _ = scalar
                    position += 1
                }
                guard skip(">") else { throw failure("has a group whose name does not end") }
            } else if !skip(":") {
                throw failure("looks ahead or sets flags, which is not supported")
            }
        }
        let group = try parseChoice()
        guard skip(")") else { throw failure("has a '(' without a ')'") }
        return group
    }

    private mutating func parseEscape() throws(ConstraintError) -> RegularExpression {
        switch next {
        case "A":
            position += 1
            return .startAnchor
        case "Z", "z":
            position += 1
            return .endAnchor
        case "b", "B": throw failure("has a word boundary, which is not supported")
        default: return .scalars(try parseEscapedClass())
        }
    }

    /// What stands behind a backslash.
    private mutating func parseEscapedClass() throws(ConstraintError) -> ScalarClass {
        guard let scalar = next else { throw failure("ends in a backslash") }
        position += 1
        switch scalar {
        case "d": return isWide ? Self.digits.union(Self.others) : Self.digits
        case "D": return Self.digits.inverted
        case "w": return isWide ? Self.wordScalars.union(Self.others) : Self.wordScalars
        case "W": return Self.wordScalars.inverted
        case "s": return isWide ? Self.spaces.union(Self.others) : Self.spaces
        case "S": return Self.spaces.inverted
        case "n": return ScalarClass("\n")
        case "r": return ScalarClass("\r")
        case "t": return ScalarClass("\t")
        case "f": return ScalarClass("\u{0C}")
        case "v": return ScalarClass("\u{0B}")
        case "0": return ScalarClass("\0")
        case "x": return ScalarClass(scalar: try parseHexadecimal(2))
        case "u": return ScalarClass(scalar: try parseUnicodeEscape())
        default:
            let isLetterOrDigit = scalar.isASCII && scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            guard !isLetterOrDigit else { throw failure("has the escape '\\\(scalar)', which is not supported") }
            return ScalarClass(scalar: scalar.value)
        }
    }

    private mutating func parseUnicodeEscape() throws(ConstraintError) -> UInt32 {
        guard skip("{") else {
            let unit = try parseHexadecimal(4)
            guard (0xD800...0xDBFF).contains(unit), skip("\\"), skip("u") else { return unit }
            let low = try parseHexadecimal(4)
            guard (0xDC00...0xDFFF).contains(low) else { throw failure("has half a surrogate pair") }
            return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
        }
        var value: UInt32 = 0
        var count = 0
        while let digit = next?.hexadecimalValue, count < 6 {
            value = value << 4 | digit
            position += 1
            count += 1
        }
        guard count > 0, skip("}"), value <= 0x10FFFF else { throw failure("has an incomplete '\\u{…}'") }
        return value
    }

    private mutating func parseHexadecimal(_ count: Int) throws(ConstraintError) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next?.hexadecimalValue else {
                throw failure("has an escape that needs \(count) hexadecimal digits")
            }
            value = value << 4 | digit
            position += 1
        }
        return value
    }

    private static let digits = ScalarClass([0x30...0x39])
    /// What some dialects count among digits, letters or spaces.
    private static let others = ScalarClass([0x1C...0x1F, 0x80...0x10FFFF])
    private static let wordScalars = ScalarClass([0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A])
    private static let spaces = ScalarClass([
        0x09...0x0D, 0x20...0x20, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F,
        0x205F...0x205F, 0x3000...0x3000, 0xFEFF...0xFEFF,
    ])
}

extension RegularExpressionParser {
    private mutating func parseClass() throws(ConstraintError) -> ScalarClass {
        let isInverted = skip("^")
        var members = ScalarClass([])
        var isFirst = true
        while let scalar = next, scalar != "]" || isFirst {
            if scalar == "]" {
                throw failure("has an empty class")
            }
            isFirst = false
            let low = try parseClassMember()
            if next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" {
                position += 1
                let high = try parseClassMember()
                guard let first = low.single, let last = high.single, first <= last else {
                    throw failure("has a class with a range that is none")
                }
                members = members.union(ScalarClass([first...last]))
            } else {
                members = members.union(low)
            }
        }
        guard skip("]") else { throw failure("has a '[' without a ']'") }
        return isInverted ? members.inverted : members
    }

    private mutating func parseClassMember() throws(ConstraintError) -> ScalarClass {
        guard let scalar = next else { throw failure("has a '[' without a ']'") }
        position += 1
        if scalar == "\\" {
            if skip("b") { return ScalarClass("\u{08}") }
            return try parseEscapedClass()
        }
        if scalar == "[", next == ":" {
            throw failure("has a POSIX class, which is not supported")
        }
        return ScalarClass(scalar: scalar.value)
    }
}

extension ScalarClass {
    /// The only member, if there is just one.
    fileprivate var single: UInt32? {
        guard ranges.count == 1, ranges[0].count == 1 else { return nil }
        return ranges[0].lowerBound
    }
}

extension Unicode.Scalar {
    /// The value of an ASCII hexadecimal digit.
    var hexadecimalValue: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x57
        case "A"..."F": value - 0x37
        default: nil
        }
    }
}
