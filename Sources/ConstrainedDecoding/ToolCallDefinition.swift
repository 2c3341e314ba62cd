internal import JSON
public import Sampling
public import Tokens

/// Calls that an output may hold, and the tags around each.
public struct ToolCallDefinition: Sendable {
    /// How many calls an output has.
    public enum Count: String, Sendable {
        case one
        case oneOrMore
    }

    public var tools: [CallableTool]
    public var notation: ToolCallNotation
    public var open: TokenID
    public var close: TokenID
    public var count: Count
    /// What the output may be instead of calls; nil where it must be calls.
    public var alternative: ConstraintDefinition?

    public init(
        tools: [CallableTool], notation: ToolCallNotation, open: TokenID, close: TokenID, count: Count,
        alternative: ConstraintDefinition? = nil
    ) {
        self.tools = tools
        self.notation = notation
        self.open = open
        self.close = close
        self.count = count
        self.alternative = alternative
    }

    /// Tells definitions apart: those with the same key have the same grammar.
    var key: String {
        let tools = tools.map { tool -> JSONValue in
            [.string(tool.name), tool.parameters ?? .null, .bool(tool.isStrict)]
        }
        return "\(notation) \(open.index) \(close.index) \(count.rawValue) \(JSONValue.array(tools).serialized()) "
            + (alternative?.key ?? "")
    }
}

extension ToolCallDefinition {
    private static let lineFeedLimit = 2

    /// The rules of the calls, and the one that a whole output matches.
    func addRules() throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        guard !tools.isEmpty else { throw ConstraintError(message: "There is no tool that could be called.") }
        var rules = GrammarRules()
        var calls: [GrammarExpression] = []
        for tool in tools {
            let inside = rules.takeOver(try argumentRules(of: tool))
            calls.append(.sequence(written(tool, around: inside)))
        }
        let call = rules.add(.sequence([.token(open), .text(beginning), .choice(calls), .text(end), .token(close)]))
        var output = call
        if count == .oneOrMore {
            let lineFeeds = GrammarExpression.repeated(.text("\n"), minimum: 0, maximum: Self.lineFeedLimit)
            output = .joined([.init(expression: call, isRequired: true)], separator: lineFeeds, extra: call)
        }
        if let alternative {
            output = .choice([output, rules.takeOver(try alternative.addRules())])
        }
        let root = rules.reserve()
        rules.define(root, as: output)
        return (rules, root)
    }

    private var beginning: String {
        switch notation {
        case .json: "\n{\"name\": "
        case .elements: "\n<function="
        }
    }

    private var end: String {
        switch notation {
        case .json: "}\n"
        case .elements: "</function>\n"
        }
    }

    /// A call's own text: the name, and its arguments behind it.
    private func written(_ tool: CallableTool, around arguments: GrammarExpression) -> [GrammarExpression] {
        switch notation {
        case .json: [JSONGrammar.literal(.string(tool.name)), .text(", \"arguments\": "), arguments]
        case .elements: [.text(tool.name + ">\n"), arguments]
        }
    }

    /// The rules of a tool's arguments; what they leave out of its schema is in them.
    private func argumentRules(of tool: CallableTool) throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        if notation == .elements, tool.name.contains(where: { $0 == ">" || $0 == "\n" }) {
            throw tool.refusal(ConstraintError(message: "Its name cannot stand in a tag."))
        }
        let (schema, omissions) = try tool.enforceableSchema { (schema) throws(ConstraintError) in
            let (rules, root) = try compile(schema)
            guard try Grammar(rules, root: root).isSatisfiable else {
                throw ConstraintError(message: "There are no arguments that fit it.")
            }
        }
        var result = try compile(schema)
        result.rules.remarks.omissions = omissions.map(tool.refusal)
        if notation == .elements {
            result.rules.remarks.spellings[tool.name] = SchemaCompiler.spellings(of: schema)
        }
        return result
    }

    private func compile(_ schema: JSONValue) throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        switch notation {
        case .json: try SchemaCompiler.compile(schema)
        case .elements: try SchemaCompiler.compileElements(schema)
        }
    }
}

extension GrammarRules {
    /// Takes over the rules of another grammar, and answers what its root is here.
    fileprivate mutating func takeOver(_ other: (rules: GrammarRules, root: RuleID)) -> GrammarExpression {
        let offset = expressions.count
        for expression in other.rules.expressions {
            _ = add(expression.renumbered(by: offset))
        }
        for (rule, name) in other.rules.names {
            names[rule + offset] = name
        }
        remarks.add(other.rules.remarks)
        return .rule(other.root + offset)
    }
}

extension GrammarExpression {
    /// The expression where the rules that it refers to have moved.
    fileprivate func renumbered(by offset: Int) -> GrammarExpression {
        switch self {
        case .bytes, .set, .token, .states: self
        case .sequence(let parts): .sequence(parts.map { $0.renumbered(by: offset) })
        case .choice(let parts): .choice(parts.map { $0.renumbered(by: offset) })
        case .repeated(let part, let minimum, let maximum):
            .repeated(part.renumbered(by: offset), minimum: minimum, maximum: maximum)
        case .rule(let rule): .rule(rule + offset)
        case .joined(let items, let separator, let extra):
            .joined(
                items.map { .init(expression: $0.expression.renumbered(by: offset), isRequired: $0.isRequired) },
                separator: separator.renumbered(by: offset), extra: extra?.renumbered(by: offset))
        }
    }
}
