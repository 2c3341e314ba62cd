/// A regular expression in the notation that ECMAScript and Python share, as far as a grammar can say it.
///
/// There are classes, groups, alternatives, counted and greedy or lazy repetition, the escapes `\d \w \s` and their
/// opposites, and anchors at the ends. Look-around, back-references and word boundaries are refused.
indirect enum RegularExpression: Hashable, Sendable {
    case scalars(ScalarClass)
    case sequence([RegularExpression])
    case choice([RegularExpression])
    case repeated(RegularExpression, minimum: Int, maximum: Int?)
    case startAnchor
    case endAnchor

    /// Reads an expression as ECMAScript does; if `isWide`, as matching all that any dialect would match, for what must not
    /// be written.
    init(parsing text: String, isWide: Bool = false) throws(ConstraintError) {
        var parser = RegularExpressionParser(text, isWide: isWide)
        self = try parser.parseAll()
    }

    /// Any text.
    static let anything = RegularExpression.repeated(.scalars(.all), minimum: 0, maximum: nil)
}

extension RegularExpression {
    /// The expression of whole texts, without anchors: where there is none at an end, anything may stand there if
    /// `isSearch`, and nothing otherwise. If `isWide`, a line feed may follow the end, as some dialects have it.
    func anchored(isSearch: Bool, isWide: Bool = false) throws(ConstraintError) -> RegularExpression {
        var branches: [RegularExpression] = []
        for branch in alternatives {
            var parts = branch.parts
            var before = isSearch
            var after = isSearch
            while parts.first == .startAnchor {
                parts.removeFirst()
                before = false
            }
            while parts.last == .endAnchor {
                parts.removeLast()
                after = false
            }
            guard !parts.contains(where: \.hasAnchor) else {
                throw ConstraintError(message: "'^' and '$' are supported at the ends of the expression only.")
            }
            let lineFeed = RegularExpression.repeated(.scalars(ScalarClass("\n")), minimum: 0, maximum: 1)
            let end = after ? [.anything] : isWide ? [lineFeed] : []
            branches.append(.sequence((before ? [.anything] : []) + parts + end))
        }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private var alternatives: [RegularExpression] {
        switch self {
        case .choice(let all): all
        case .sequence(let parts) where parts.count == 1: parts[0].alternatives
        default: [self]
        }
    }

    private var parts: [RegularExpression] {
        if case .sequence(let parts) = self { parts.flatMap(\.parts) } else { [self] }
    }

    private var hasAnchor: Bool {
        switch self {
        case .scalars: false
        case .startAnchor, .endAnchor: true
        case .sequence(let parts), .choice(let parts): parts.contains(where: \.hasAnchor)
        case .repeated(let part, _, _): part.hasAnchor
        }
    }

    /// The fewest and the most scalars of a match; nil for no limit.
    var lengths: (minimum: Int, maximum: Int?) {
        switch self {
        case .startAnchor, .endAnchor: return (0, 0)
        case .scalars: return (1, 1)
        case .sequence(let parts):
            return parts.map(\.lengths).reduce((0, 0)) { sum, part in
                (Self.sum(sum.0, part.minimum) ?? .max, Self.sum(sum.1, part.maximum))
            }
        case .choice(let parts):
            let all = parts.map(\.lengths)
            let maximum = all.contains { $0.maximum == nil } ? nil : all.compactMap(\.maximum).max() ?? 0
            return (all.map(\.minimum).min() ?? 0, maximum)
        case .repeated(let part, let minimum, let maximum):
            let one = part.lengths
            let most = one.maximum == 0 ? 0 : Self.product(one.maximum, maximum)
            return (Self.product(one.minimum, minimum) ?? .max, most)
        }
    }

    private static func sum(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return nil }
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? nil : sum
    }

    private static func product(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return nil }
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? nil : product
    }

    /// The grammar's expression, with one scalar of a class as `spelling` writes it.
    func expression(_ spelling: (ScalarClass) -> GrammarExpression) -> GrammarExpression {
        switch self {
        case .scalars(let scalars): spelling(scalars)
        case .sequence(let parts): .sequence(parts.map { $0.expression(spelling) })
        case .choice(let parts): .choice(parts.map { $0.expression(spelling) })
        case .repeated(let part, let minimum, let maximum):
            .repeated(part.expression(spelling), minimum: minimum, maximum: maximum)
        case .startAnchor, .endAnchor: .empty
        }
    }
}
