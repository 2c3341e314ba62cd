/// A JSON number by its exact text, such as `1.0`, `-0.0`, `1e+100` or `123456789012345678901`.
///
/// Two numbers are equal when they are spelled the same.
public struct JSONNumber: Hashable, Sendable {
    /// The number as it was written: always a number of RFC 8259's grammar.
    public let text: String

    /// A text that is already known to be a number of RFC 8259's grammar.
    init(checkedText: String) {
        text = checkedText
    }

    /// A number from its text; nil unless the text is one number of RFC 8259's grammar.
    public init?(text: String) {
        var parser = JSONParser(bytes: Array(text.utf8), limits: .default)
        guard case .number(let number)? = try? parser.parseText(), number.text == text else { return nil }
        self = number
    }

    /// A whole number.
    public init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// The shortest text that reads back as the same value; nil for infinities and NaN, which JSON lacks.
    public init?(_ value: some BinaryFloatingPoint & LosslessStringConvertible) {
        guard value.isFinite else { return nil }
        text = value.description
    }

    /// True where the text has neither a fraction nor an exponent, as integers are written: `1.0` has one.
    public var isWrittenAsInteger: Bool {
        !text.utf8.contains { byte in byte == UInt8(ascii: ".") || byte | 0x20 == UInt8(ascii: "e") }
    }

    /// The value where it is a whole number that `Int` holds; `1.0` and `1e2` are whole.
    public var int: Int? {
        isWrittenAsInteger ? Int(text) : Int(exactly: double)
    }

    /// The nearest `Double`; infinite beyond its range.
    public var double: Double {
        Double(text) ?? .nan
    }
}
