/// How JSON text is laid out.
public struct JSONStyle: Hashable, Sendable {
    /// What stands after a comma and after a colon.
    public var spacing: Spacing
    /// Spaces per level, each element on a line of its own; nil keeps all on one line. At least 0, at most 64.
    public var indentation: Int?
    /// Whether everything but printable ASCII is written as `\uXXXX`.
    public var escapesNonASCII: Bool

    /// What stands between tokens.
    public enum Spacing: Hashable, Sendable {
        /// `,` and `:`.
        case none
        /// `, ` and `: `; before a line break, a comma alone.
        case single
    }

    /// A style; an indentation outside 0...64 is brought into it.
    public init(spacing: Spacing, indentation: Int? = nil, escapesNonASCII: Bool = false) {
        self.spacing = spacing
        self.indentation = indentation.map { min(max($0, 0), 64) }
        self.escapesNonASCII = escapesNonASCII
    }

    /// No white space at all.
    public static let compact = JSONStyle(spacing: .none)

    /// One space after commas and colons, as Python's json.dumps writes.
    public static let spaced = JSONStyle(spacing: .single)

    /// Lines, indented by so many spaces a level.
    public static func indented(by width: Int = 2) -> JSONStyle { JSONStyle(spacing: .single, indentation: width) }
}
