/// The scalars that most of a vocabulary's tokens are made of, and that nearly every kind of string allows: all but
/// controls, quotes, backslashes and separators of lines.
///
/// Where a grammar repeats any of them, whole branches of a vocabulary's tree are accepted by a look at their heights
/// instead of a walk.
enum PlainText {
    static let scalars = ScalarClass([
        0...0x1F, 0x22...0x22, 0x5C...0x5C, 0x7F...0x7F, 0x2028...0x2029,
    ]).inverted

    /// Whether an expression without rules matches every plain scalar by itself.
    static func isMatched(by expression: GrammarExpression) -> Bool {
        var rules = GrammarRules()
        let root = rules.reserve()
        rules.define(root, as: expression)
        guard let grammar = try? Grammar(rules, root: root, nodeLimit: 5000) else { return false }
        var automaton = GrammarAutomaton(grammar)
        let start = automaton.start
        return scalars.sequences.allSatisfy { accepts(&automaton, start, $0[...]) }
    }

    /// Whether all sequences of bytes in the box are accepted.
    private static func accepts(
        _ automaton: inout GrammarAutomaton, _ state: GrammarAutomaton.StateID, _ box: ArraySlice<ClosedRange<UInt8>>
    ) -> Bool {
        guard let first = box.first else { return automaton.isAccepting(state) }
        var accepted: Set<GrammarAutomaton.StateID> = []
        for byte in first {
            let next = automaton.next(state, byte)
            if accepted.contains(next) { continue }
            guard next != GrammarAutomaton.dead, accepts(&automaton, next, box.dropFirst()) else { return false }
            accepted.insert(next)
        }
        return true
    }
}
