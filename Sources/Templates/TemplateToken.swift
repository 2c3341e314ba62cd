/// One token of a template's source.
struct TemplateToken: Sendable {
    enum Kind: Hashable, Sendable {
        /// Text outside of all tags.
        case text(String)
        case blockBegin
        case blockEnd
        case variableBegin
        case variableEnd
        case name(String)
        case string(String)
        /// Decimal digits, without a sign.
        case integer(String)
        case float(Double)
        case symbol(String)
        case end
    }

    var kind: Kind
    var line: Int

    /// The token in error messages, in Jinja's words.
    var description: String {
        switch kind {
        case .text: "template data"
        case .blockBegin: "begin of statement block"
        case .blockEnd: "end of statement block"
        case .variableBegin: "begin of print statement"
        case .variableEnd: "end of print statement"
        case .name(let name): name
        case .string: "string"
        case .integer: "integer"
        case .float: "float"
        case .symbol(let symbol): symbol
        case .end: "end of template"
        }
    }
}
