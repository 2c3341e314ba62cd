internal import Synchronization

/// A part of grammars that matches by itself, such as a string: its states and masks are shared by all grammars of a
/// vocabulary. Any thread may use it.
final class Lexeme: Sendable {
    /// A state, and what those who embed it need to know of it.
    struct Step: Sendable {
        var state: GrammarAutomaton.StateID
        var canonical: GrammarAutomaton.StateID
        var isAccepting: Bool
        var textRoom: Int32
        /// The bytes that would have led to the same state.
        var alike: ByteSet
    }

    let expression: GrammarExpression
    let isNullable: Bool
    let start: Step
    /// Tells its masks from others'.
    let owner: Int
    private let automaton: Mutex<GrammarAutomaton>

    /// The lexeme of an expression, under a number that no other owner of masks has; one that nothing fits is refused.
    init(_ expression: GrammarExpression, owner: Int, counterLimit: Int) throws(ConstraintError) {
        var rules = GrammarRules()
        let root = rules.reserve()
        rules.define(root, as: expression)
        var automaton = GrammarAutomaton(try Grammar(rules, root: root), counterLimit: counterLimit)
        guard automaton.start != GrammarAutomaton.dead else {
            throw ConstraintError(message: "There is no text that fits it.")
        }
        self.expression = expression
        self.owner = owner
        start = automaton.step(to: automaton.start, alike: ByteSet())
        isNullable = start.isAccepting
        self.automaton = Mutex(automaton)
    }

    /// About how many bytes its tables take.
    var byteCount: Int { automaton.withLock { $0.byteCount } }

    func step(_ state: GrammarAutomaton.StateID, _ byte: UInt8, remembers: Bool) -> Step {
        automaton.withLock { automaton in
            let next = automaton.next(state, byte, remembers: remembers)
            return automaton.step(to: next, alike: automaton.bytesAlike(state, byte))
        }
    }

    /// The length of the shortest text from a state to the lexeme's end.
    func shortestLength(from state: GrammarAutomaton.StateID) -> Int {
        automaton.withLock { $0.shortestLength(from: state) }
    }

    /// That text.
    func shortestText(from state: GrammarAutomaton.StateID) -> [OutputPiece] {
        automaton.withLock { $0.shortestText(from: state, lengthLimit: ShortestTexts.endless) ?? [] }
    }

    /// The tokens that may follow a canonical state, and where in the tree the lexeme may end.
    func marks(in state: GrammarAutomaton.StateID, _ trie: TokenTrie) -> TokenTrie.Marks {
        automaton.withLock { automaton in
            var marks = TokenTrie.Marks(tokenCount: trie.tokenCount)
            let workEnd = automaton.work + GrammarAutomaton.maskWorkLimit
            trie.mark(&automaton, state, collectsEnds: true, workEnd: workEnd, &marks)
            return marks
        }
    }
}

extension GrammarAutomaton {
    fileprivate mutating func step(to state: StateID, alike: ByteSet) -> Lexeme.Step {
        let canonical = state == Self.dead ? state : canonical(state)
        return Lexeme.Step(
            state: state, canonical: canonical, isAccepting: states[Int(state)].isAccepting,
            textRoom: states[Int(state)].textRoom, alike: alike)
    }
}
