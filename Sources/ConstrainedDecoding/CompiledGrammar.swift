public import Sampling
internal import Synchronization
internal import Tokenization
public import Tokens

/// A grammar over a vocabulary's tokens. All who match it share what one of them has found out; any thread may.
public final class CompiledGrammar: Sendable {
    /// What may be kept before it is begun anew.
    private static let stateLimit = 8192
    private static let maskLimit = 256

    private struct Tables {
        var automaton: GrammarAutomaton
        /// Counts the beginnings: a state is one of its epoch only.
        var epoch = 0
        var stateLimit = CompiledGrammar.stateLimit
        var masks: [GrammarAutomaton.StateID: TokenMask] = [:]
    }

    private let grammar: Grammar
    private let vocabulary: ConstraintVocabulary
    private let tables: Mutex<Tables>

    init(_ grammar: Grammar, vocabulary: ConstraintVocabulary) {
        self.grammar = grammar
        self.vocabulary = vocabulary
        tables = Mutex(Tables(automaton: GrammarAutomaton(grammar)))
    }

    /// A matcher of one output, at its beginning; before it, a think block may be allowed.
    public func makeMatcher(allowsThinking: Bool = false) -> GrammarMatcher {
        GrammarMatcher(self, allowsThinking: allowsThinking)
    }

    /// A place in an output: what was written, and the state it led to in some epoch.
    struct Position: Sendable {
        var tokens: [TokenID] = []
        var epoch = -1
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
            if let known = tables.masks[position.state] {
                return known
            }
            var mask = vocabulary.trie.mask(&tables.automaton, position.state)
            for token in tables.automaton.tokens(in: position.state) {
                mask.insert(token.index)
            }
            // Where nothing can follow, the output ends: the vocabulary lacks what the grammar asks for.
            if tables.automaton.isAccepting(position.state) || mask.isEmpty {
                for end in vocabulary.ends {
                    mask.insert(end.index)
                }
            }
            if tables.masks.count >= Self.maskLimit {
                tables.masks.removeAll(keepingCapacity: true)
            }
            tables.masks[position.state] = mask
            return mask
        }
    }

    func isComplete(at position: Position) -> Bool {
        tables.withLock { tables in
            var position = position
            settle(&position, &tables)
            return tables.automaton.isAccepting(position.state)
        }
    }

    /// Makes a position one of the present epoch; begins a new one where the tables have grown too large.
    private func settle(_ position: inout Position, _ tables: inout Tables) {
        if tables.automaton.stateCount > tables.stateLimit {
            tables.automaton = GrammarAutomaton(grammar)
            tables.masks.removeAll()
            tables.epoch += 1
            tables.stateLimit = Self.stateLimit
        }
        guard position.epoch != tables.epoch else { return }
        position.epoch = tables.epoch
        position.state = tables.automaton.start
        for token in position.tokens {
            position.state = next(position.state, token, &tables.automaton)
        }
        // A long output has many states of its own; they are not a reason to begin again at once.
        tables.stateLimit = max(tables.stateLimit, 2 * tables.automaton.stateCount)
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
            state = automaton.next(state, byte)
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

    public mutating func accept(_ token: TokenID) {
        grammar.advance(&position, by: token)
    }

    /// Whether the output may end here.
    public var isComplete: Bool { grammar.isComplete(at: position) }
}
