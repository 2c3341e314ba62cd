public import JSON

/// What an output is held to.
public enum ConstraintDefinition: Sendable {
    /// A JSON object with any members.
    case jsonObject
    /// A JSON text that is valid by a schema.
    case jsonSchema(JSONValue)
    /// A text that matches a regular expression as a whole.
    case regularExpression(String)
    /// One of these texts.
    case choice([String])
    /// A text that a grammar in GBNF describes.
    case grammar(String)
    /// Calls of tools.
    indirect case toolCalls(ToolCallDefinition)
}

/// Definitions are equal when they are written alike, the order of a schema's members included.
extension ConstraintDefinition: Hashable {
    public static func == (left: ConstraintDefinition, right: ConstraintDefinition) -> Bool { left.key == right.key }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
    }
}

extension ConstraintDefinition {
    private static let textLimit = 1 << 20

    /// Tells definitions apart: those with the same key have the same grammar.
    var key: String {
        switch self {
        case .jsonObject: "object"
        case .jsonSchema(let schema): "schema " + schema.serialized()
        case .regularExpression(let text): "expression " + text
        case .grammar(let text): "grammar " + text
        case .choice(let texts): "choice " + JSONValue.array(texts.map { .string($0) }).serialized()
        case .toolCalls(let calls): "calls " + calls.key
        }
    }

    /// Adds the rules of the definition, and answers the one that a whole text matches.
    func addRules() throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        guard key.utf8.count <= Self.textLimit else {
            throw ConstraintError(message: "It is larger than the \(Self.textLimit) bytes that are supported.")
        }
        switch self {
        case .jsonSchema(let schema):
            return try SchemaCompiler.compile(schema)
        case .jsonObject:
            var json = JSONGrammar()
            let object = json.object
            let root = json.rules.reserve()
            json.rules.define(root, as: object)
            return (json.rules, root)
        case .regularExpression(let text):
            let expression = try RegularExpression(parsing: text).anchored(isSearch: false)
            return Self.single(expression.expression(\.expression))
        case .grammar(let text):
            return try GBNFGrammar.rules(parsing: text)
        case .choice(let texts):
            guard !texts.isEmpty, !texts.contains("") else {
                throw ConstraintError(message: "A choice needs at least one text, and none that is empty.")
            }
            return Self.single(.choice(texts.map { .text($0) }))
        case .toolCalls(let calls):
            return try calls.addRules()
        }
    }

    private static func single(_ expression: GrammarExpression) -> (rules: GrammarRules, root: RuleID) {
        var rules = GrammarRules()
        let root = rules.reserve()
        rules.define(root, as: expression)
        return (rules, root)
    }

    /// The rules; one or two line feeds may be allowed before what the definition asks for.
    func rules(allowsLineFeedsBefore: Bool = false) throws(ConstraintError) -> GrammarDefinition {
        var (rules, root) = try addRules()
        if allowsLineFeedsBefore {
            let lineFeeds = GrammarExpression.repeated(.text("\n"), minimum: 0, maximum: 2)
            let whole = rules.reserve()
            rules.define(whole, as: .sequence([lineFeeds, .rule(root)]))
            root = whole
        }
        return GrammarDefinition(rules: rules, root: root)
    }

    /// The grammar by itself; one that nothing fits is refused.
    func grammar() throws(ConstraintError) -> Grammar {
        try rules().grammar()
    }
}

/// Rules, and the one that a whole output matches.
struct GrammarDefinition: Sendable {
    var rules: GrammarRules
    var root: RuleID

    /// The grammar; one that nothing fits is refused. It has lexemes where it may share them with other grammars.
    func grammar(lexemes: LexemeLibrary? = nil) throws(ConstraintError) -> Grammar {
        let grammar = try Grammar(rules, root: root, lexemes: lexemes)
        guard grammar.isSatisfiable else {
            throw ConstraintError(message: "There is no text that fits it.")
        }
        return grammar
    }
}
