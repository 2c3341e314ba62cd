internal import Tokens

/// A grammar as an automaton reads it: nodes that lead to nodes, with calls of rules between them.
struct Grammar: Sendable {
    enum Node: Sendable {
        /// The end of a rule.
        case end
        /// Any of these nodes, without a byte.
        case split([Int32])
        case bytes(ByteSet, next: Int32)
        case token(TokenID, next: Int32)
        case call(RuleID, next: Int32)
    }

    /// The node at which every rule ends.
    static let end: Int32 = 0

    private(set) var nodes: [Node] = [.end]
    /// Where each rule begins.
    private(set) var starts: [Int32] = []
    private let nodeLimit: Int
    let root: RuleID

    /// The grammar of these rules, of which `root` is the one that a whole output matches.
    init(_ rules: GrammarRules, root: RuleID, nodeLimit: Int = 400_000) throws(ConstraintError) {
        self.root = root
        self.nodeLimit = nodeLimit
        for expression in rules.expressions {
            starts.append(try compile(expression, next: Self.end))
        }
        removeDeadEnds()
        try refuseLeftRecursion()
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
            var targets: [Int32] = []
            for choice in choices {
                targets.append(try compile(choice, next: next))
            }
            return targets.count == 1 ? targets[0] : try add(.split(targets))
        case .repeated(let part, let minimum, let maximum):
            return try compileRepetition(part, minimum, maximum, next: next)
        case .rule(let rule):
            return try add(.call(rule, next: next))
        case .joined(let items, let separator, let extra):
            return try compileJoined(items, separator, extra, next: next)
        }
    }

    private mutating func compileRepetition(
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

extension Grammar {
    /// Makes every node that leads nowhere a split without targets, and leads no split there.
    private mutating func removeDeadEnds() {
        var isAlive = [Bool](repeating: false, count: nodes.count)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for index in nodes.indices where !isAlive[index] {
                let alive =
                    switch nodes[index] {
                    case .end: true
                    case .split(let targets): targets.contains { isAlive[Int($0)] }
                    case .bytes(let set, let next): !set.isEmpty && isAlive[Int(next)]
                    case .token(_, let next): isAlive[Int(next)]
                    case .call(let rule, let next): isAlive[Int(starts[rule])] && isAlive[Int(next)]
                    }
                if alive {
                    isAlive[index] = true
                    hasChanged = true
                }
            }
        }
        for index in nodes.indices {
            if !isAlive[index] {
                nodes[index] = .split([])
            } else if case .split(let targets) = nodes[index] {
                nodes[index] = .split(targets.filter { isAlive[Int($0)] })
            }
        }
    }

    /// Refuses rules that call themselves before any byte: the automaton would call without end.
    private func refuseLeftRecursion() throws(ConstraintError) {
        let isNullable = nullableRules()
        var callers: [[RuleID]] = Array(repeating: [], count: starts.count)
        var calleeCounts = [Int](repeating: 0, count: starts.count)
        for rule in starts.indices {
            let callees = leftmostCalls(from: starts[rule], isNullable).calls
            calleeCounts[rule] = callees.count
            for callee in callees {
                callers[callee].append(rule)
            }
        }
        var ready = starts.indices.filter { calleeCounts[$0] == 0 }
        var doneCount = 0
        while let rule = ready.popLast() {
            doneCount += 1
            for caller in callers[rule] {
                calleeCounts[caller] -= 1
                if calleeCounts[caller] == 0 {
                    ready.append(caller)
                }
            }
        }
        guard doneCount == starts.count else {
            throw ConstraintError(message: "A rule refers to itself before anything else is written.")
        }
    }

    private func nullableRules() -> [Bool] {
        var isNullable = [Bool](repeating: false, count: starts.count)
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for rule in starts.indices where !isNullable[rule] {
                if leftmostCalls(from: starts[rule], isNullable).reachesEnd {
                    isNullable[rule] = true
                    hasChanged = true
                }
            }
        }
        return isNullable
    }

    /// The rules that may be called before the first byte, and whether the rule may end before it.
    private func leftmostCalls(from start: Int32, _ isNullable: [Bool]) -> (calls: Set<RuleID>, reachesEnd: Bool) {
        var calls: Set<RuleID> = []
        var reachesEnd = false
        var visited: Set<Int32> = [start]
        var open = [start]
        while let node = open.popLast() {
            var targets: [Int32] = []
            switch nodes[Int(node)] {
            case .end: reachesEnd = true
            case .split(let all): targets = all
            case .call(let rule, let next):
                calls.insert(rule)
                targets = isNullable[rule] ? [next] : []
            case .bytes, .token: break
            }
            for target in targets where visited.insert(target).inserted {
                open.append(target)
            }
        }
        return (calls, reachesEnd)
    }
}
