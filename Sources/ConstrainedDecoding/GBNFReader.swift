/// Reads the words of a grammar in GBNF, and knows where it is.
struct GBNFReader {
    /// A line and a column, both from 1 on.
    struct Place: Comparable {
        var line = 1
        var column = 1

        static func < (left: Place, right: Place) -> Bool {
            (left.line, left.column) < (right.line, right.column)
        }
    }

    private let scalars: [Unicode.Scalar]
    private var position = 0
    private(set) var place = Place()

    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
    }

    var isAtEnd: Bool { position == scalars.count }
    var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    func failure(_ what: String, at place: Place? = nil) -> ConstraintError {
        let place = place ?? self.place
        return ConstraintError(
            message: "The grammar is not understood at line \(place.line), column \(place.column): \(what).")
    }

    mutating func advance() {
        guard let next else { return }
        position += 1
        if next == "\n" {
            place = Place(line: place.line + 1)
        } else {
            place.column += 1
        }
    }

    /// Passes over white space and comments.
    mutating func skipSpace() {
        while let scalar = next, scalar == "#" || scalar.properties.isWhitespace {
            if scalar == "#" {
                while let scalar = next, scalar != "\n" {
                    _ = scalar
                    advance()
                }
            }
            advance()
        }
    }

    mutating func skip(_ word: String) -> Bool {
        let word = word.unicodeScalars
        guard scalars[position...].starts(with: word) else { return false }
        for _ in word {
            advance()
        }
        return true
    }

    /// The name of a rule, and the space behind it.
    mutating func name() -> String? {
        var name = String.UnicodeScalarView()
        while let scalar = next, Self.isOfName(scalar, first: name.isEmpty) {
            name.append(scalar)
            advance()
        }
        guard !name.isEmpty else { return nil }
        skipSpace()
        return String(name)
    }

    /// Whether a rule begins here.
    var isAtRule: Bool {
        guard let next, Self.isOfName(next, first: true) else { return false }
        var ahead = self
        return ahead.name() != nil && ahead.skip("::=")
    }

    private static func isOfName(_ scalar: Unicode.Scalar, first: Bool) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        case ".": !first
        default: false
        }
    }

    /// Decimal digits as a number; beyond the limit one that is above it.
    mutating func count(limit: Int) -> Int? {
        var value: Int?
        while let scalar = next, ("0"..."9").contains(scalar) {
            value = min(limit + 1, (value ?? 0) * 10 + Int(scalar.value - 48))
            advance()
        }
        return value
    }
}

extension GBNFReader {
    /// A text in quotes.
    mutating func text() throws(ConstraintError) -> String {
        let start = place
        let quote = next
        advance()
        var text = String.UnicodeScalarView()
        while let scalar = next, scalar != quote {
            guard scalar != "\n" else { break }
            text.append(try character())
        }
        guard next == quote, quote != nil else { throw failure("the text has no closing quote", at: start) }
        advance()
        return String(text)
    }

    /// A class of characters in brackets.
    mutating func characterClass() throws(ConstraintError) -> ScalarClass {
        let start = place
        advance()
        let isInverted = skip("^")
        var ranges: [ClosedRange<UInt32>] = []
        while let scalar = next, scalar != "]" {
            let place = place
            let first = try character()
            guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                ranges.append(first.value...first.value)
                continue
            }
            advance()
            let last = try character()
            guard first <= last else { throw failure("the range ends before it begins", at: place) }
            ranges.append(first.value...last.value)
        }
        guard skip("]") else { throw failure("the class has no ']'", at: start) }
        let members = ScalarClass(ranges)
        return isInverted ? members.inverted : members
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "n": "\n", "r": "\r", "t": "\t", "f": "\u{0C}", "v": "\u{0B}", "b": "\u{08}", "0": "\0",
    ]
    private static let escapedSigns = Set("\\\"'[]-^/.?*+|(){}<>!#".unicodeScalars)

    /// One character of a text or a class, perhaps escaped.
    private mutating func character() throws(ConstraintError) -> Unicode.Scalar {
        let start = place
        guard let scalar = next else { throw failure("it ends in the middle of something") }
        advance()
        guard scalar == "\\" else { return scalar }
        guard let sign = next else { throw failure("it ends in a backslash", at: start) }
        advance()
        switch sign {
        case "x": return try hexadecimal(2, at: start)
        case "u": return try hexadecimal(4, at: start)
        case "U": return try hexadecimal(8, at: start)
        default:
            if let escape = Self.escapes[sign] { return escape }
            guard Self.escapedSigns.contains(sign) else {
                throw failure("the escape '\\\(sign)' is unknown", at: start)
            }
            return sign
        }
    }

    private mutating func hexadecimal(_ count: Int, at start: Place) throws(ConstraintError) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard let digit = next?.hexadecimalValue else {
                throw failure("the escape needs \(count) hexadecimal digits", at: start)
            }
            value = value << 4 | digit
            advance()
        }
        guard let scalar = Unicode.Scalar(value) else { throw failure("the escape is of no character", at: start) }
        return scalar
    }
}
