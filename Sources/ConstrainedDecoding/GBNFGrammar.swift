/// From the text of a grammar in GBNF, llama.cpp's notation, to rules.
///
/// A rule is `name ::= alternatives`; it ends where the next one begins, so that alternatives may stand on lines of their
/// own. There are texts in quotes, single or double, classes of characters, `.`, groups, `* + ? {2} {2,} {2,5}`, and
/// comments behind `#`. The rule `root` is what a whole output matches. This covers what XGrammar calls EBNF, but for its
/// look-ahead and its functions, which are refused as tokens by number or name are.
struct GBNFGrammar {
    private static let depthLimit = 64
    private static let ruleLimit = 20_000
    private static let countLimit = 1_000_000
    /// XGrammar's.
    private static let functions: Set<String> = ["TagDispatch", "Token", "ExcludeToken", "TokenTagDispatch"]

    private var reader: GBNFReader
    private var rules = GrammarRules()
    private var rulesByName: [String: RuleID] = [:]
    private var defined: Set<RuleID> = []
    /// Where each rule was first referred to.
    private var references: [RuleID: (name: String, place: GBNFReader.Place)] = [:]
    private var depth = 0

    /// The rules of a grammar's text, and the one called `root`.
    static func rules(parsing text: String) throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        var grammar = GBNFGrammar(reader: GBNFReader(text))
        try grammar.refuseLark(text)
        return try grammar.parse()
    }

    private init(reader: GBNFReader) {
        self.reader = reader
    }

    private mutating func parse() throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        reader.skipSpace()
        while !reader.isAtEnd {
            try parseRule()
        }
        let missing = references.filter { !defined.contains($0.key) }.min { $0.value.place < $1.value.place }
        if let (name, place) = missing?.value {
            throw reader.failure("the rule '\(name)' is not defined", at: place)
        }
        guard let root = rulesByName["root"] else {
            throw ConstraintError(message: "The grammar has no rule called 'root'.")
        }
        return (rules, root)
    }

    private func refuseLark(_ text: String) throws(ConstraintError) {
        guard !text.contains("::=") else { return }
        let isLark = text.split(separator: "\n").contains { line in
            line.hasPrefix("%") || line.prefixMatch(of: #/[?!]?[A-Za-z_][A-Za-z0-9_]*(\.[0-9]+)?\s*:/#) != nil
        }
        guard isLark else { return }
        throw ConstraintError(
            message: "The grammar is in Lark's notation, which is not supported; write rules as 'root ::= …'.")
    }

    private mutating func rule(_ name: String) -> RuleID {
        if let known = rulesByName[name] {
            return known
        }
        let rule = rules.reserve()
        rules.names[rule] = name
        rulesByName[name] = rule
        return rule
    }
}

extension GBNFGrammar {
    private mutating func parseRule() throws(ConstraintError) {
        let place = reader.place
        guard let name = reader.name(), reader.skip("::=") else {
            throw reader.failure("a rule must begin as 'name ::='", at: place)
        }
        let rule = rule(name)
        guard defined.insert(rule).inserted else {
            throw reader.failure("the rule '\(name)' is defined twice", at: place)
        }
        guard defined.count <= Self.ruleLimit else {
            throw reader.failure("there are more than \(Self.ruleLimit) rules", at: place)
        }
        reader.skipSpace()
        let alternatives = try parseAlternatives()
        guard reader.isAtEnd || reader.isAtRule else {
            throw reader.failure("'\(reader.next.map(String.init) ?? "")' is not expected here")
        }
        rules.define(rule, as: Self.withoutLeftRecursion(alternatives, of: rule))
    }

    /// `a ::= a x | y` as `a ::= y x*`, which matches the same.
    private static func withoutLeftRecursion(
        _ alternatives: [GrammarExpression], of rule: RuleID
    ) -> GrammarExpression {
        var beginnings: [GrammarExpression] = []
        var continuations: [GrammarExpression] = []
        for alternative in alternatives {
            if case .sequence(let parts) = alternative, parts.first == .rule(rule) {
                if parts.count > 1 {
                    continuations.append(.sequence(Array(parts.dropFirst())))
                }
            } else {
                beginnings.append(alternative)
            }
        }
        let beginning = beginnings.count == 1 ? beginnings[0] : .choice(beginnings)
        guard !continuations.isEmpty else { return beginning }
        return .sequence([beginning, .repeated(.choice(continuations), minimum: 0, maximum: nil)])
    }

    private mutating func parseAlternatives() throws(ConstraintError) -> [GrammarExpression] {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw reader.failure("groups nest deeper than \(Self.depthLimit) levels")
        }
        var alternatives = [try parseSequence()]
        while reader.skip("|") {
            reader.skipSpace()
            alternatives.append(try parseSequence())
        }
        return alternatives
    }

    private mutating func parseSequence() throws(ConstraintError) -> GrammarExpression {
        var parts: [GrammarExpression] = []
        while let next = reader.next, next != "|", next != ")", !reader.isAtRule {
            var part = try parseItem()
            reader.skipSpace()
            while let (minimum, maximum) = try parseQuantifier() {
                part = .repeated(part, minimum: minimum, maximum: maximum)
                reader.skipSpace()
            }
            parts.append(part)
        }
        return .sequence(parts)
    }

    private mutating func parseItem() throws(ConstraintError) -> GrammarExpression {
        let place = reader.place
        switch reader.next {
        case "\"", "'": return .text(try reader.text())
        case "[": return try reader.characterClass().expression
        case ".":
            reader.advance()
            return ScalarClass.all.expression
        case "(":
            reader.advance()
            if reader.next == "=" {
                throw reader.failure("look-ahead, '(= …)', is not supported", at: place)
            }
            reader.skipSpace()
            let alternatives = try parseAlternatives()
            guard reader.skip(")") else { throw reader.failure("the group has no ')'", at: place) }
            return alternatives.count == 1 ? alternatives[0] : .choice(alternatives)
        case "<", "!":
            throw reader.failure("tokens, as '<[12]>' or '<name>', are not supported", at: place)
        default:
            guard let name = reader.name() else {
                throw reader.failure("'\(reader.next.map(String.init) ?? "")' is not expected here", at: place)
            }
            if Self.functions.contains(name), reader.next == "(" {
                throw reader.failure("'\(name)' is a function, which is not supported", at: place)
            }
            let rule = rule(name)
            if references[rule] == nil {
                references[rule] = (name, place)
            }
            return .rule(rule)
        }
    }

    private mutating func parseQuantifier() throws(ConstraintError) -> (Int, Int?)? {
        if reader.skip("*") { return (0, nil) }
        if reader.skip("+") { return (1, nil) }
        if reader.skip("?") { return (0, 1) }
        let place = reader.place
        guard reader.skip("{") else { return nil }
        reader.skipSpace()
        let minimum = reader.count(limit: Self.countLimit)
        reader.skipSpace()
        let hasComma = reader.skip(",")
        reader.skipSpace()
        let maximum = hasComma ? reader.count(limit: Self.countLimit) : minimum
        reader.skipSpace()
        guard reader.skip("}"), minimum != nil || maximum != nil else {
            throw reader.failure("a repetition is written as '{2}', '{2,}' or '{2,5}'", at: place)
        }
        if max(minimum ?? 0, maximum ?? 0) > Self.countLimit {
            throw reader.failure("a repetition is counted to \(Self.countLimit) at most", at: place)
        }
        if let minimum, let maximum, maximum < minimum {
            throw reader.failure("a repetition's limits are in the wrong order", at: place)
        }
        return (minimum ?? 0, maximum)
    }
}
