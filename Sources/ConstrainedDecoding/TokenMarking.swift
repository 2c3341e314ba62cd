internal import Tokens

/// Which tokens an automaton's state allows: walks through the tree.
extension TokenTrie {
    /// What walks have found.
    struct Marks: Sendable {
        /// A bit for each token, the lowest id in the lowest bit.
        var words: [UInt64]
        /// Nodes at which a lexeme may end while tokens go on below them.
        var ends: [Int32] = []

        init(tokenCount: Int) {
            words = Array(repeating: 0, count: (tokenCount + 63) / 64)
        }

        var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

        mutating func insert(_ token: TokenID) {
            guard token.index >= 0, token.index >> 6 < words.count else { return }
            words[token.index >> 6] |= 1 << UInt64(token.index & 63)
        }

        /// Adds another's tokens.
        mutating func formUnion(_ other: Marks) {
            for index in words.indices {
                words[index] |= other.words[index]
            }
        }
    }

    /// Marks the tokens whose text may follow a state, beside those that are no text. When the automaton has done so much
    /// work as `workEnd` says, branches are given up; single bytes are always tried.
    func mark(
        _ automaton: inout GrammarAutomaton, _ state: GrammarAutomaton.StateID, collectsEnds: Bool = false,
        workEnd: Int, _ marks: inout Marks
    ) {
        var path = [GrammarAutomaton.StateID](repeating: GrammarAutomaton.dead, count: depthLimit + 1)
        path[0] = state
        walk(0..<nodes.count, &automaton, &path, collectsEnds, workEnd, &marks)
    }

    /// Marks the tokens that go on below nodes, where a state follows those nodes.
    func mark(
        below ends: [Int32], _ automaton: inout GrammarAutomaton, _ state: GrammarAutomaton.StateID,
        workEnd: Int, _ marks: inout Marks
    ) {
        var path = [GrammarAutomaton.StateID](repeating: GrammarAutomaton.dead, count: depthLimit + 1)
        for end in ends {
            let node = nodes[Int(end)]
            path[Int(node.depth) + 1] = state
            walk(Int(end) + 1..<Int(node.end), &automaton, &path, false, workEnd, &marks)
        }
    }

    private func walk(
        _ range: Range<Int>, _ automaton: inout GrammarAutomaton, _ path: inout [GrammarAutomaton.StateID],
        _ collectsEnds: Bool, _ workEnd: Int, _ marks: inout Marks
    ) {
        let nodes = nodes.span
        var index = range.lowerBound
        while index < range.upperBound {
            let node = nodes[index]
            let depth = Int(node.depth)
            let before = path[depth]
            // All that is below goes on as text: whatever else could be made of it is marked with it.
            if node.height != Node.tall, Int32(node.height) <= automaton.textRoom(before) {
                mark(tokenRange(below: index), &marks)
                index = Int(node.end)
                continue
            }
            var next = automaton.knownNext(before, node.byte)
            if next == GrammarAutomaton.unknown {
                let mayLook = automaton.work < workEnd || depth == 0
                next = mayLook ? automaton.next(before, node.byte) : GrammarAutomaton.dead
            }
            if next == GrammarAutomaton.dead {
                index = Int(node.end)
                continue
            }
            path[depth + 1] = next
            if node.tokenCount > 0 {
                mark(Int(node.firstToken)..<Int(node.firstToken + node.tokenCount), &marks)
            }
            if collectsEnds, automaton.isAccepting(next), Int(node.end) > index + 1 {
                marks.ends.append(Int32(index))
            }
            index += 1
        }
    }

    private func mark(_ range: Range<Int>, _ marks: inout Marks) {
        let tokens = tokens.span
        var bits = marks.words.mutableSpan
        for position in range {
            let id = Int(tokens[position])
            bits[id >> 6] |= 1 << UInt64(id & 63)
        }
    }
}
