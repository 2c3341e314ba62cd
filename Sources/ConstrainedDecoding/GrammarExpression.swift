internal import Tokens

/// The number of a rule in a grammar that is being built.
typealias RuleID = Int

/// What a rule of a grammar may be written as, in bytes.
indirect enum GrammarExpression: Sendable, Hashable {
    case bytes([UInt8])
    case set(ByteSet)
    /// One token of the vocabulary that is no text, such as a tag.
    case token(TokenID)
    case sequence([GrammarExpression])
    case choice([GrammarExpression])
    /// So many times one after another; without a maximum, any number.
    case repeated(GrammarExpression, minimum: Int, maximum: Int?)
    case rule(RuleID)
    /// Items in their order, each of which may be optional, then any number of extra ones, with separators between all.
    case joined([Item], separator: GrammarExpression, extra: GrammarExpression?)
    /// What a table of states accepts, from its first state on.
    case states(StateTable)

    struct Item: Sendable, Hashable {
        var expression: GrammarExpression
        var isRequired: Bool
    }

    /// The empty text.
    static let empty = GrammarExpression.bytes([])
    /// No text at all.
    static let never = GrammarExpression.choice([])

    static func text(_ text: String) -> GrammarExpression { .bytes(Array(text.utf8)) }

    static func optional(_ expression: GrammarExpression) -> GrammarExpression { .choice([expression, .empty]) }

    static func anyOf(_ text: String) -> GrammarExpression { .set(ByteSet(text.utf8)) }
}

/// Rules that are being collected.
struct GrammarRules: Sendable {
    private(set) var expressions: [GrammarExpression] = []
    /// What rules are called by those who wrote them.
    var names: [RuleID: String] = [:]
    var remarks = GrammarRemarks()

    /// A rule whose expression follows: until then it matches nothing.
    mutating func reserve() -> RuleID {
        expressions.append(.never)
        return expressions.count - 1
    }

    mutating func define(_ rule: RuleID, as expression: GrammarExpression) {
        expressions[rule] = expression
    }

    mutating func add(_ expression: GrammarExpression) -> GrammarExpression {
        expressions.append(expression)
        return .rule(expressions.count - 1)
    }
}
