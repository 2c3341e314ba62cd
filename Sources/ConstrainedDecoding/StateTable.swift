/// A finite automaton over bytes. From the bytes of a state's edges at most one holds each byte.
struct StateTable: Sendable, Hashable {
    struct Edge: Sendable, Hashable {
        var bytes: ByteSet
        var target: Int32
    }

    struct State: Sendable, Hashable {
        var isAccepting: Bool
        var edges: [Edge]
    }

    private static let stateLimit = 50_000

    /// At least one: the first is the beginning.
    var states: [State]

    init(states: [State]) {
        self.states = states
    }

    /// All that an expression of some rules matches.
    init(_ expression: GrammarExpression, in rules: GrammarRules = GrammarRules()) throws(ConstraintError) {
        var rules = rules
        let root = rules.reserve()
        rules.define(root, as: expression)
        var automaton = GrammarAutomaton(try Grammar(rules, root: root))
        var numbers: [GrammarAutomaton.StateID: Int32] = [automaton.start: 0]
        var order = [automaton.start]
        states = []
        while states.count < order.count {
            let state = order[states.count]
            var edges: [GrammarAutomaton.StateID: ByteSet] = [:]
            for byte in UInt8.min...UInt8.max {
                let next = automaton.next(state, byte)
                if next != GrammarAutomaton.dead {
                    edges[next, default: ByteSet()].insert(byte)
                }
            }
            var targets: [Edge] = []
            for (next, bytes) in edges.sorted(by: { $0.key < $1.key }) {
                let number = numbers[next] ?? Int32(order.count)
                if numbers.updateValue(number, forKey: next) == nil {
                    order.append(next)
                }
                targets.append(Edge(bytes: bytes, target: number))
            }
            try Self.check(order.count)
            states.append(State(isAccepting: automaton.isAccepting(state), edges: targets))
        }
    }

    private static func check(_ count: Int) throws(ConstraintError) {
        guard count <= stateLimit else {
            throw ConstraintError(message: "Both together need more than \(stateLimit) states.")
        }
    }

    /// Whether nothing is accepted.
    var isEmpty: Bool { !states.contains(where: \.isAccepting) }

    func accepts(_ bytes: some Sequence<UInt8>) -> Bool {
        var state = 0
        for byte in bytes {
            guard let edge = states[state].edges.first(where: { $0.bytes.contains(byte) }) else { return false }
            state = Int(edge.target)
        }
        return states[state].isAccepting
    }

    /// As an expression.
    var expression: GrammarExpression { isEmpty ? .never : .states(self) }
}

extension StateTable {
    /// What both accept.
    func intersection(_ other: StateTable) throws(ConstraintError) -> StateTable {
        try product(other, keepsOutside: false) { $0 && $1 }
    }

    /// What this one accepts and the other does not.
    func subtracting(_ other: StateTable) throws(ConstraintError) -> StateTable {
        try product(other, keepsOutside: true) { $0 && !$1 }
    }

    /// What this one accepts and an expression matches. Of the expression no more is looked at than this one leads to.
    func intersection(_ expression: GrammarExpression) throws(ConstraintError) -> StateTable {
        var rules = GrammarRules()
        let root = rules.reserve()
        rules.define(root, as: expression)
        var automaton = GrammarAutomaton(try Grammar(rules, root: root))
        var numbers: [SIMD2<Int32>: Int32] = [[0, automaton.start]: 0]
        var order: [SIMD2<Int32>] = [[0, automaton.start]]
        var result: [State] = []
        while result.count < order.count {
            let pair = order[result.count]
            let state = states[Int(pair.x)]
            var edges: [SIMD2<Int32>: ByteSet] = [:]
            for edge in state.edges {
                edge.bytes.forEach { byte in
                    let next = automaton.next(pair.y, byte)
                    if next != GrammarAutomaton.dead {
                        edges[[edge.target, next], default: ByteSet()].insert(byte)
                    }
                }
            }
            var targets: [Edge] = []
            for (pair, bytes) in edges.sorted(by: { ($0.key.x, $0.key.y) < ($1.key.x, $1.key.y) }) {
                let number = numbers[pair] ?? Int32(order.count)
                if numbers.updateValue(number, forKey: pair) == nil {
                    order.append(pair)
                }
                targets.append(Edge(bytes: bytes, target: number))
            }
            try Self.check(order.count)
            let isAccepting = state.isAccepting && automaton.isAccepting(pair.y)
            result.append(State(isAccepting: isAccepting, edges: targets))
        }
        return StateTable(states: result).trimmed
    }

    /// Both side by side; outside, the other one has come to nothing.
    private func product(
        _ other: StateTable, keepsOutside: Bool, accepts: (Bool, Bool) -> Bool
    ) throws(ConstraintError) -> StateTable {
        let outside: Int32 = -1
        var numbers: [SIMD2<Int32>: Int32] = [[0, 0]: 0]
        var order: [SIMD2<Int32>] = [[0, 0]]
        var result: [State] = []
        while result.count < order.count {
            let pair = order[result.count]
            let left = states[Int(pair.x)]
            let right = pair.y == outside ? State(isAccepting: false, edges: []) : other.states[Int(pair.y)]
            var edges: [Edge] = []
            func add(_ bytes: ByteSet, _ pair: SIMD2<Int32>) {
                guard !bytes.isEmpty else { return }
                let number = numbers[pair] ?? Int32(order.count)
                if numbers.updateValue(number, forKey: pair) == nil {
                    order.append(pair)
                }
                edges.append(Edge(bytes: bytes, target: number))
            }
            for edge in left.edges {
                var rest = edge.bytes
                for opposite in right.edges {
                    var shared = edge.bytes
                    shared.formIntersection(opposite.bytes)
                    rest.subtract(opposite.bytes)
                    add(shared, [edge.target, opposite.target])
                }
                if keepsOutside {
                    add(rest, [edge.target, outside])
                }
            }
            try Self.check(order.count)
            result.append(State(isAccepting: accepts(left.isAccepting, right.isAccepting), edges: edges))
        }
        return StateTable(states: result).trimmed
    }

    /// What is accepted between two bytes, where everything begins and ends with that byte and has no other of it that could
    /// be the end.
    func withoutEnds(_ byte: UInt8) -> StateTable {
        guard let first = states[0].edges.first(where: { $0.bytes.contains(byte) }) else { return self }
        var result = states
        for (index, state) in states.enumerated() {
            let closes = state.edges.contains {
                $0.bytes.contains(byte) && states[Int($0.target)].isAccepting
            }
            result[index].isAccepting = closes
            result[index].edges = state.edges.compactMap { edge in
                guard edge.bytes.contains(byte), states[Int(edge.target)].isAccepting else { return edge }
                var edge = edge
                edge.bytes.subtract(ByteSet(CollectionOfOne(byte)))
                return edge.bytes.isEmpty ? nil : edge
            }
        }
        // The beginning is the first state.
        result.swapAt(0, Int(first.target))
        for index in result.indices {
            for edge in result[index].edges.indices {
                let target = result[index].edges[edge].target
                if target == 0 {
                    result[index].edges[edge].target = first.target
                } else if target == first.target {
                    result[index].edges[edge].target = 0
                }
            }
        }
        return StateTable(states: result).trimmed
    }

    /// Without states from which nothing is accepted.
    private var trimmed: StateTable {
        var sources: [[Int]] = Array(repeating: [], count: states.count)
        for (index, state) in states.enumerated() {
            for edge in state.edges {
                sources[Int(edge.target)].append(index)
            }
        }
        var isAlive = states.map(\.isAccepting)
        var open = states.indices.filter { isAlive[$0] }
        while let state = open.popLast() {
            for source in sources[state] where !isAlive[source] {
                isAlive[source] = true
                open.append(source)
            }
        }
        var numbers: [Int32: Int32] = [:]
        for index in states.indices where isAlive[index] || index == 0 {
            numbers[Int32(index)] = Int32(numbers.count)
        }
        var result: [State] = []
        for (index, state) in states.enumerated() where numbers[Int32(index)] != nil {
            let edges = state.edges.compactMap { edge in
                isAlive[Int(edge.target)]
                    ? numbers[edge.target].map { Edge(bytes: edge.bytes, target: $0) } : nil
            }
            result.append(State(isAccepting: state.isAccepting, edges: edges))
        }
        return StateTable(states: result)
    }
}
