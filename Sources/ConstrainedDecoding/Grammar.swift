internal import Tokens

/// A grammar as an automaton reads it: nodes that lead to nodes, with calls of rules between them.
struct Grammar: Sendable {
    enum Node: Sendable {
        /// The end of a rule, or of what a loop repeats.
        case end
        /// Any of these nodes, without a byte.
        case split([Int32])
        case bytes(ByteSet, next: Int32)
        case token(TokenID, next: Int32)
        case call(RuleID, next: Int32)
        /// A lexeme by its number, and what follows it.
        case lexeme(Int32, next: Int32)
        /// A loop by its number.
        case loop(Int32)
    }

    /// What is repeated, and how often: counted where it is read, not written out as nodes.
    struct Loop: Sendable {
        /// The first node of what is repeated; it ends in an end of its own.
        var body: Int32
        var minimum: Int32
        /// ``unlimited``, or the most.
        var maximum: Int32
        var next: Int32
        /// Whether a round may be any single plain scalar (``PlainText``).
        var isText: Bool

        static let unlimited = Int32.max
    }

    /// The node at which every rule ends.
    static let end: Int32 = 0

    var nodes: [Node] = [.end]
    /// Where each rule begins.
    private(set) var starts: [Int32] = []
    private(set) var loops: [Loop] = []
    /// What rules match by themselves, whatever calls them: their states and masks are shared.
    private(set) var lexemes: [Lexeme] = []
    private let nodeLimit: Int
    let root: RuleID

    private var facts: RuleFacts
    private var lexemeNumbers: [RuleID: Int32] = [:]

    /// The grammar of these rules, of which `root` is the one that a whole output matches. It has lexemes where it may
    /// share them with other grammars.
    init(
        _ rules: GrammarRules, root: RuleID, lexemes library: LexemeLibrary? = nil, nodeLimit: Int = 400_000
    ) throws(ConstraintError) {
        self.root = root
        self.nodeLimit = nodeLimit
        facts = RuleFacts(rules)
        if let library {
            for rule in rules.expressions.indices {
                guard let expression = facts.lexeme(rule), let lexeme = try? library.lexeme(expression) else {
                    continue
                }
                lexemeNumbers[rule] = Int32(lexemes.count)
                lexemes.append(lexeme)
            }
        }
        for (rule, expression) in rules.expressions.enumerated() {
            if let number = lexemeNumbers[rule] {
                starts.append(try add(.lexeme(number, next: Self.end)))
            } else {
                starts.append(try compile(expression, next: Self.end))
            }
        }
        removeDeadEnds()
        try refuseLeftRecursion(facts.isNullable, rules.names)
        facts = RuleFacts(GrammarRules())
    }

    /// Whether there is any text that the whole grammar matches.
    var isSatisfiable: Bool { !isDead(starts[root]) }

    func isDead(_ node: Int32) -> Bool {
        if case .split(let targets) = nodes[Int(node)] { targets.isEmpty } else { false }
    }
}

extension Grammar {
    private mutating func add(_ node: Node) throws(ConstraintError) -> Int32 {
        guard nodes.count < nodeLimit else {
            throw ConstraintError(message: "It is too large: it needs more than \(nodeLimit) states.")
        }
        nodes.append(node)
        return Int32(nodes.count - 1)
    }

    /// Adds the nodes of an expression behind which a node follows.
    private mutating func compile(_ expression: GrammarExpression, next: Int32) throws(ConstraintError) -> Int32 {
        switch expression {
        case .bytes(let bytes):
            var next = next
            for byte in bytes.reversed() {
                next = try add(.bytes(ByteSet(CollectionOfOne(byte)), next: next))
            }
            return next
        case .set(let set):
            return try add(.bytes(set, next: next))
        case .token(let token):
            return try add(.token(token, next: next))
        case .sequence(let parts):
            var next = next
            for part in parts.reversed() {
                next = try compile(part, next: next)
            }
            return next
        case .choice(let choices):
            return try compileChoice(choices, next: next)
        case .repeated(let part, let minimum, let maximum):
            return try compileRepetition(part, minimum, maximum, next: next)
        case .rule(let rule):
            if let number = lexemeNumbers[rule] {
                return try add(.lexeme(number, next: next))
            }
            return try add(.call(rule, next: next))
        case .joined(let items, let separator, let extra):
            return try compileJoined(items, separator, extra, next: next)
        case .states(let states):
            return try compileStates(states, next: next)
        }
    }

    private mutating func compileChoice(
        _ choices: [GrammarExpression], next: Int32
    ) throws(ConstraintError) -> Int32 {
        var targets: [Int32] = []
        var words: [ArraySlice<UInt8>] = []
        for choice in choices {
            if case .bytes(let bytes) = choice, !bytes.isEmpty {
                words.append(bytes[...])
            } else {
                targets.append(try compile(choice, next: next))
            }
        }
        targets += try compileWords(words, next: next)
        return targets.count == 1 ? targets[0] : try add(.split(targets))
    }

    /// Words as a tree: what they have in common at their beginnings is read once.
    private mutating func compileWords(
        _ words: [ArraySlice<UInt8>], next: Int32
    ) throws(ConstraintError) -> [Int32] {
        var targets: [Int32] = []
        for (first, group) in Dictionary(grouping: words, by: { $0.first ?? 0 }).sorted(by: { $0.key < $1.key }) {
            var shared = group[0].count
            for word in group.dropFirst() {
                shared = min(shared, zip(word, group[0]).prefix { $0 == $1 }.count)
            }
            let rests = Set(group.map { $0.dropFirst(max(shared, 1)) })
            var behind = rests.contains { $0.isEmpty } ? [next] : []
            behind += try compileWords(rests.filter { !$0.isEmpty }, next: next)
            let target = behind.count == 1 ? behind[0] : try add(.split(behind))
            let prefix = [first] + group[0].prefix(shared).dropFirst()
            targets.append(try compile(.bytes(prefix), next: target))
        }
        return targets
    }

    private mutating func compileStates(_ table: StateTable, next: Int32) throws(ConstraintError) -> Int32 {
        // Nodes of the states first, so that edges in circles have something to lead to.
        var entries: [Int32] = []
        for _ in table.states {
            entries.append(try add(.split([])))
        }
        for (index, state) in table.states.enumerated() {
            var targets: [Int32] = state.isAccepting ? [next] : []
            for edge in state.edges {
                targets.append(try add(.bytes(edge.bytes, next: entries[Int(edge.target)])))
            }
            nodes[Int(entries[index])] = .split(targets)
        }
        return entries[0]
    }
}

extension Grammar {
    /// So many rounds are written out as nodes instead of counted.
    private static let roundLimit = 4

    private mutating func compileRepetition(
        _ part: GrammarExpression, _ minimum: Int, _ maximum: Int?, next: Int32
    ) throws(ConstraintError) -> Int32 {
        if let maximum, maximum < minimum { return try add(.split([])) }
        if maximum == 0 { return next }
        // Rounds may be empty: as many as are asked for always can be.
        let isNullable = facts.isNullable(part)
        let minimum = isNullable ? 0 : minimum
        let isText = facts.isText(part)
        let isShort = (maximum ?? minimum) <= Self.roundLimit
        guard isNullable || (isShort && !isText) else {
            let body = try compile(part, next: Self.end)
            loops.append(
                Loop(
                    body: body, minimum: Int32(clamping: minimum),
                    maximum: maximum.map { Int32(clamping: $0) } ?? Loop.unlimited, next: next, isText: isText))
            return try add(.loop(Int32(loops.count - 1)))
        }
        return try unroll(part, minimum, maximum, next: next)
    }

    private mutating func unroll(
        _ part: GrammarExpression, _ minimum: Int, _ maximum: Int?, next: Int32
    ) throws(ConstraintError) -> Int32 {
        var entry = next
        if let maximum {
            for _ in 0..<max(0, maximum - minimum) {
                entry = try add(.split([try compile(part, next: entry), next]))
            }
        } else {
            entry = try add(.split([]))
            nodes[Int(entry)] = .split([try compile(part, next: entry), next])
        }
        for _ in 0..<minimum {
            entry = try compile(part, next: entry)
        }
        return entry
    }

    private mutating func compileJoined(
        _ items: [GrammarExpression.Item], _ separator: GrammarExpression, _ extra: GrammarExpression?, next: Int32
    ) throws(ConstraintError) -> Int32 {
        // What follows where something, and where nothing was written before.
        var some = next
        var none = next
        if let extra {
            some = try compile(.repeated(.sequence([separator, extra]), minimum: 0, maximum: nil), next: next)
            none = try add(.split([try compile(extra, next: some), next]))
        }
        for item in items.reversed() {
            let first = try compile(item.expression, next: some)
            let further = try compile(.sequence([separator, item.expression]), next: some)
            none = item.isRequired ? first : try add(.split([first, none]))
            some = item.isRequired ? further : try add(.split([further, some]))
        }
        return none
    }
}
