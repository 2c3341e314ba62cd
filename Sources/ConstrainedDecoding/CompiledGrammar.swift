public import Sampling
internal import Synchronization
internal import Tokenization
public import Tokens

/// A grammar over a vocabulary's tokens. All who match it share what one of them has found out; any thread may.
public final class CompiledGrammar: Sendable {
    /// What its states may take before they are begun anew.
    private static let byteLimit = 8 << 20

    struct Tables {
        var automaton: GrammarAutomaton
        /// Tells its masks from others', and a state from those of other beginnings.
        var owner: Int
        var byteLimit = CompiledGrammar.byteLimit
    }

    private let definition: GrammarDefinition
    let vocabulary: ConstraintVocabulary
    let tables: Mutex<Tables>

    init(_ definition: GrammarDefinition, vocabulary: ConstraintVocabulary) throws(ConstraintError) {
        self.definition = definition
        self.vocabulary = vocabulary
        tables = Mutex(try Self.begin(definition, vocabulary))
    }

    private static func begin(
        _ definition: GrammarDefinition, _ vocabulary: ConstraintVocabulary
    ) throws(ConstraintError) -> Tables {
        let grammar = try definition.grammar(lexemes: vocabulary.lexemes)
        return Tables(
            automaton: GrammarAutomaton(grammar, counterLimit: vocabulary.counterLimit),
            owner: vocabulary.lexemes.makeOwner())
    }

    /// What was asked for that the grammar does not hold an output to.
    public var omissions: [ConstraintError] { definition.rules.remarks.omissions }

    /// How the parameters of tools are spelled where calls are written as elements; empty where they are not.
    public var spellings: ParameterSpellings { definition.rules.remarks.spellings }

    /// A matcher of one output, at its beginning; before it, a think block may be allowed.
    public func makeMatcher(allowsThinking: Bool = false) -> GrammarMatcher {
        GrammarMatcher(self, allowsThinking: allowsThinking)
    }

    /// A matcher of what goes on with an output; nil where no output begins with these tokens.
    public func makeMatcher(behind beginning: [TokenID]) -> GrammarMatcher? {
        let matcher = beginning.reduce(into: makeMatcher()) { $0.accept($1) }
        return matcher.isDead ? nil : matcher
    }

    /// A place in an output: what was written, and the state it led to in some beginning of the tables.
    struct Position: Sendable {
        var tokens: [TokenID] = []
        var owner = -1
        var state = GrammarAutomaton.dead
    }

    func advance(_ position: inout Position, by token: TokenID) {
        tables.withLock { tables in
            settle(&position, &tables)
            position.state = next(position.state, token, &tables.automaton)
            position.tokens.append(token)
        }
    }

    func mask(at position: Position) -> TokenMask {
        tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            let state = tables.automaton.canonical(position.state)
            let key = MaskCache.Key(owner: tables.owner, state: state)
            if let known = vocabulary.masks[key] {
                return TokenMask(words: known.words)
            }
            let marks = findMarks(in: state, &tables.automaton)
            vocabulary.masks.insert(marks, key)
            return TokenMask(words: marks.words)
        }
    }

    /// The quotation mark, where it closes a string: letters may stand before it and none behind it.
    func stringEnd(at position: Position) -> TokenID? {
        guard let quote = vocabulary.quote, let letter = vocabulary.letter else { return nil }
        let before = mask(at: position)
        guard before.contains(quote), before.contains(letter) else { return nil }
        var behind = position
        advance(&behind, by: quote)
        return mask(at: behind).contains(letter) ? nil : quote
    }

    func isComplete(at position: Position) -> Bool {
        tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            return tables.automaton.isAccepting(position.state)
        }
    }

    private func findMarks(
        in state: GrammarAutomaton.StateID, _ automaton: inout GrammarAutomaton
    ) -> TokenTrie.Marks {
        let trie = vocabulary.trie
        var marks = TokenTrie.Marks(tokenCount: trie.tokenCount)
        let (lexemes, rest) = automaton.parts(of: state)
        let workEnd = automaton.work + GrammarAutomaton.maskWorkLimit
        for open in lexemes {
            let inside = known(automaton.grammar.lexemes[Int(open.number)], in: open.state)
            marks.formUnion(inside)
            trie.mark(below: inside.ends, &automaton, open.behind, workEnd: workEnd, &marks)
        }
        if rest != GrammarAutomaton.dead {
            trie.mark(&automaton, rest, workEnd: workEnd, &marks)
        }
        for token in automaton.tokens(in: state) {
            marks.insert(token)
        }
        // Where nothing can follow, the output ends: the vocabulary lacks what the grammar asks for.
        if automaton.isAccepting(state) || marks.isEmpty {
            for end in vocabulary.ends {
                marks.insert(end)
            }
        }
        return marks
    }

    private func known(_ lexeme: Lexeme, in state: GrammarAutomaton.StateID) -> TokenTrie.Marks {
        let key = MaskCache.Key(owner: lexeme.owner, state: state)
        if let known = vocabulary.masks[key] {
            return known
        }
        let marks = lexeme.marks(in: state, vocabulary.trie)
        vocabulary.masks.insert(marks, key)
        return marks
    }

    /// Makes a position one of the present beginning; begins anew where the tables have grown too large.
    func settle(_ position: inout Position, _ tables: inout Tables) {
        if tables.automaton.byteCount > tables.byteLimit, let fresh = try? Self.begin(definition, vocabulary) {
            tables = fresh
        }
        guard position.owner != tables.owner else { return }
        position.owner = tables.owner
        position.state = tables.automaton.start
        for token in position.tokens {
            position.state = next(position.state, token, &tables.automaton)
        }
        // A long output has many states of its own; they are not a reason to begin again at once.
        tables.byteLimit = max(tables.byteLimit, 2 * tables.automaton.byteCount)
    }

    private func next(
        _ state: GrammarAutomaton.StateID, _ token: TokenID, _ automaton: inout GrammarAutomaton
    ) -> GrammarAutomaton.StateID {
        if vocabulary.added.contains(token) {
            return automaton.next(state, token: token)
        }
        var state = state
        var bytes: [UInt8] = []
        vocabulary.tokenizer.appendBytes(of: token, to: &bytes)
        for byte in bytes {
            state = automaton.next(state, byte, remembers: false)
        }
        return state
    }
}

/// Follows one output through a grammar.
public struct GrammarMatcher: TokenConstraint {
    private let grammar: CompiledGrammar
    private var position = CompiledGrammar.Position()
    public let allowsThinking: Bool

    init(_ grammar: CompiledGrammar, allowsThinking: Bool) {
        self.grammar = grammar
        self.allowsThinking = allowsThinking
    }

    public func mask() -> TokenMask { grammar.mask(at: position) }

    public func expectedTokens() -> [ExpectedToken] { grammar.expectedTokens(at: position) }

    public func canBeComplete(within limit: Int) -> Bool { grammar.canBeComplete(at: position, within: limit) }

    public func shortestCompletion(within limit: Int) -> [TokenID]? {
        grammar.shortestCompletion(at: position, within: limit)
    }

    public func stringEnd() -> TokenID? { grammar.stringEnd(at: position) }

    public mutating func accept(_ token: TokenID) {
        grammar.advance(&position, by: token)
    }

    /// Whether no output goes on from here.
    fileprivate var isDead: Bool { !position.tokens.isEmpty && position.state == GrammarAutomaton.dead }

    /// Whether the output may end here.
    public var isComplete: Bool { grammar.isComplete(at: position) }
}
