/// What can be said of rules before they become nodes.
struct RuleFacts: Sendable {
    /// Larger rules are no lexemes.
    private static let lexemeSizeLimit = 2000

    /// Larger tables are worth sharing.
    private static let tableSizeMinimum = 4

    private let expressions: [GrammarExpression]
    /// Whether each rule matches the empty text.
    private(set) var isNullable: [Bool]
    private var textRules: [GrammarExpression: Bool] = [:]

    init(_ rules: GrammarRules) {
        expressions = rules.expressions
        isNullable = Array(repeating: false, count: rules.expressions.count)
        var callers: [[RuleID]] = Array(repeating: [], count: expressions.count)
        for (rule, expression) in expressions.enumerated() {
            expression.forEachRule { callers[$0].append(rule) }
        }
        var open = Array(expressions.indices)
        while let rule = open.popLast() {
            guard !isNullable[rule], isNullable(expressions[rule]) else { continue }
            isNullable[rule] = true
            open += callers[rule].filter { !isNullable[$0] }
        }
    }

    func isNullable(_ expression: GrammarExpression) -> Bool {
        switch expression {
        case .bytes(let bytes): bytes.isEmpty
        case .set, .token: false
        case .sequence(let parts): parts.allSatisfy(isNullable)
        case .choice(let choices): choices.contains(where: isNullable)
        case .repeated(let part, let minimum, let maximum):
            (maximum ?? .max) >= minimum && (minimum == 0 || isNullable(part))
        case .rule(let rule): isNullable[rule]
        case .joined(let items, _, _): items.allSatisfy { !$0.isRequired || isNullable($0.expression) }
        case .states(let table): table.states[0].isAccepting
        }
    }

    /// Whether what is repeated may be any single plain scalar.
    mutating func isText(_ body: GrammarExpression) -> Bool {
        guard let flat = flattened(body, sizeLimit: 200) else { return false }
        if let known = textRules[flat] {
            return known
        }
        let isText = PlainText.isMatched(by: flat)
        textRules[flat] = isText
        return isText
    }

    /// The expression of a rule that is a lexeme: it holds a loop of text, and no rule in a circle.
    mutating func lexeme(_ rule: RuleID) -> GrammarExpression? {
        guard holdsText(expressions[rule]) else { return nil }
        return flattened(expressions[rule], sizeLimit: Self.lexemeSizeLimit)
    }

    private mutating func holdsText(_ expression: GrammarExpression) -> Bool {
        switch expression {
        case .bytes, .set, .token, .rule: return false
        case .states(let table): return table.states.count > Self.tableSizeMinimum
        case .sequence(let parts), .choice(let parts):
            for part in parts where holdsText(part) {
                return true
            }
            return false
        case .repeated(let part, _, _):
            return (!isNullable(part) && isText(part)) || holdsText(part)
        case .joined: return false
        }
    }

    /// The expression with its rules written out; nil if it is too large, has tokens that are no text or never ends.
    private func flattened(_ expression: GrammarExpression, sizeLimit: Int) -> GrammarExpression? {
        var room = sizeLimit
        return flattened(expression, &room, depth: 0)
    }

    private func flattened(
        _ expression: GrammarExpression, _ room: inout Int, depth: Int
    ) -> GrammarExpression? {
        room -= 1
        guard room > 0, depth < 64 else { return nil }
        switch expression {
        case .bytes(let bytes):
            room -= bytes.count
            return expression
        case .set: return expression
        case .token: return nil
        case .states(let table):
            room -= table.states.count
            return room > 0 ? expression : nil
        case .sequence(let parts): return flattened(parts, &room, depth).map { .sequence($0) }
        case .choice(let parts): return flattened(parts, &room, depth).map { .choice($0) }
        case .repeated(let part, let minimum, let maximum):
            return flattened(part, &room, depth: depth + 1).map {
                .repeated($0, minimum: minimum, maximum: maximum)
            }
        case .rule(let rule): return flattened(expressions[rule], &room, depth: depth + 1)
        case .joined: return nil
        }
    }

    private func flattened(
        _ parts: [GrammarExpression], _ room: inout Int, _ depth: Int
    ) -> [GrammarExpression]? {
        var result: [GrammarExpression] = []
        for part in parts {
            guard let flat = flattened(part, &room, depth: depth + 1) else { return nil }
            result.append(flat)
        }
        return result
    }
}

extension GrammarExpression {
    /// Calls `body` for each mention of a rule.
    func forEachRule(_ body: (RuleID) -> Void) {
        switch self {
        case .bytes, .set, .token, .states: break
        case .sequence(let parts), .choice(let parts):
            for part in parts {
                part.forEachRule(body)
            }
        case .repeated(let part, _, _): part.forEachRule(body)
        case .rule(let rule): body(rule)
        case .joined(let items, let separator, let extra):
            for item in items {
                item.expression.forEachRule(body)
            }
            separator.forEachRule(body)
            extra?.forEachRule(body)
        }
    }
}
