/// What a grammar is rid of, and refused for, before anything is matched.
extension Grammar {
    /// Makes every node that leads nowhere a split without targets, and leads no split there.
    mutating func removeDeadEnds() {
        let isAlive = aliveNodes()
        for index in nodes.indices {
            if !isAlive[index] {
                nodes[index] = .split([])
            } else if case .split(let targets) = nodes[index] {
                nodes[index] = .split(targets.filter { isAlive[Int($0)] })
            }
        }
    }

    /// The nodes from which an end can be reached.
    private func aliveNodes() -> [Bool] {
        var dependents: [[Int32]] = Array(repeating: [], count: nodes.count)
        for index in nodes.indices {
            for target in dependencies(of: nodes[index]) {
                dependents[Int(target)].append(Int32(index))
            }
        }
        var isAlive = [Bool](repeating: false, count: nodes.count)
        var open = nodes.indices.filter { isAliveNow($0, isAlive) }.map { Int32($0) }
        for index in open {
            isAlive[Int(index)] = true
        }
        while let node = open.popLast() {
            for dependent in dependents[Int(node)]
            where !isAlive[Int(dependent)] && isAliveNow(Int(dependent), isAlive) {
                isAlive[Int(dependent)] = true
                open.append(dependent)
            }
        }
        return isAlive
    }

    private func dependencies(of node: Node) -> [Int32] {
        switch node {
        case .end: []
        case .split(let targets): targets
        case .bytes(_, let next), .token(_, let next), .lexeme(_, let next): [next]
        case .call(let rule, let next): [starts[rule], next]
        case .loop(let loop): [loops[Int(loop)].body, loops[Int(loop)].next]
        }
    }

    private func isAliveNow(_ index: Int, _ isAlive: [Bool]) -> Bool {
        switch nodes[index] {
        case .end: true
        case .split(let targets): targets.contains { isAlive[Int($0)] }
        case .bytes(let set, let next): !set.isEmpty && isAlive[Int(next)]
        case .token(_, let next), .lexeme(_, let next): isAlive[Int(next)]
        case .call(let rule, let next): isAlive[Int(starts[rule])] && isAlive[Int(next)]
        case .loop(let loop):
            isAlive[Int(loops[Int(loop)].next)]
                && (loops[Int(loop)].minimum == 0 || isAlive[Int(loops[Int(loop)].body)])
        }
    }

    /// Refuses rules that call themselves before any byte: the automaton would call without end.
    func refuseLeftRecursion(_ isNullable: [Bool], _ names: [RuleID: String]) throws(ConstraintError) {
        var callers: [[RuleID]] = Array(repeating: [], count: starts.count)
        let callees = starts.map { leftmostCalls(from: $0, isNullable) }
        var calleeCounts = callees.map(\.count)
        for rule in starts.indices {
            for callee in callees[rule] {
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
        guard var rule = starts.indices.first(where: { calleeCounts[$0] > 0 }), doneCount < starts.count else { return }
        // Whoever is left calls one of those who are left: sooner or later one comes again.
        var visited: Set<RuleID> = []
        while visited.insert(rule).inserted {
            rule = callees[rule].first { calleeCounts[$0] > 0 } ?? rule
        }
        let name = names[rule].map { "The rule '\($0)'" } ?? "A rule"
        throw ConstraintError(message: "\(name) refers to itself before anything else is written.")
    }

    /// The rules that may be called before the first byte.
    private func leftmostCalls(from start: Int32, _ isNullable: [Bool]) -> Set<RuleID> {
        var calls: Set<RuleID> = []
        var visited: Set<Int32> = [start]
        var open = [start]
        while let node = open.popLast() {
            var targets: [Int32] = []
            switch nodes[Int(node)] {
            case .split(let all): targets = all
            case .call(let rule, let next):
                calls.insert(rule)
                targets = isNullable[rule] ? [next] : []
            case .lexeme(let lexeme, let next):
                targets = lexemes[Int(lexeme)].isNullable ? [next] : []
            case .loop(let loop):
                targets = [loops[Int(loop)].body] + (loops[Int(loop)].minimum == 0 ? [loops[Int(loop)].next] : [])
            case .end, .bytes, .token: break
            }
            for target in targets where visited.insert(target).inserted {
                open.append(target)
            }
        }
        return calls
    }
}
