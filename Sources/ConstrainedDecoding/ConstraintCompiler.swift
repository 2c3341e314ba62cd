internal import Synchronization
public import Tokenization
public import Tokens

/// A tokenizer as grammars need it, with what grammars have in common.
struct ConstraintVocabulary: Sendable {
    let tokenizer: Tokenizer
    let trie: TokenTrie
    /// Tokens that are no text.
    let added: Set<TokenID>
    let ends: Set<TokenID>
    let lexemes: LexemeLibrary
    let masks: MaskCache
    /// The tokens of a quotation mark and of a letter that stands in strings only, where the vocabulary has them.
    let quote: TokenID?
    let letter: TokenID?

    init(_ tokenizer: Tokenizer, ends: Set<TokenID>) {
        self.tokenizer = tokenizer
        self.ends = ends
        trie = TokenTrie(tokenizer)
        added = Set(tokenizer.addedTokens.map(\.id))
        lexemes = LexemeLibrary(counterLimit: trie.depthLimit + 1)
        masks = MaskCache(tokenCount: trie.tokenCount)
        quote = Self.token("\"", tokenizer)
        letter = Self.token("x", tokenizer)
    }

    private static func token(_ text: String, _ tokenizer: Tokenizer) -> TokenID? {
        let tokens = tokenizer.encode(text)
        return tokens.count == 1 ? tokens.first : nil
    }

    /// No token is so long that it makes a difference whether a counter is larger.
    var counterLimit: Int { trie.depthLimit + 1 }
}

/// Compiles grammars for one vocabulary, and keeps those that were used last. Any thread may use it.
public final class ConstraintCompiler: Sendable {
    private static let cacheLimit = 16

    private struct Cache {
        var vocabulary: ConstraintVocabulary?
        var grammars: [String: CompiledGrammar] = [:]
        /// Keys, the one that was used last at the end.
        var order: [String] = []
    }

    private let tokenizer: Tokenizer
    private let ends: Set<TokenID>
    private let cache = Mutex(Cache())

    /// - Parameters:
    ///   - tokenizer: the vocabulary; its texts become a tree when the first grammar is compiled.
    ///   - ends: the tokens that end an output.
    public init(tokenizer: Tokenizer, ends: Set<TokenID>) {
        self.tokenizer = tokenizer
        self.ends = ends
    }

    /// The grammar of a definition, compiled at its first use; one or two line feeds may be allowed before it.
    public func compile(
        _ definition: ConstraintDefinition, allowsLineFeedsBefore: Bool = false
    ) throws(ConstraintError) -> CompiledGrammar {
        let key = (allowsLineFeedsBefore ? "1 " : "0 ") + definition.key
        if let known = cached(key) {
            return known
        }
        let compiled = try CompiledGrammar(
            definition.rules(allowsLineFeedsBefore: allowsLineFeedsBefore), vocabulary: vocabulary())
        return cache.withLock { cache in
            if let known = cache.grammars[key] {
                return known
            }
            cache.grammars[key] = compiled
            cache.order.append(key)
            if cache.order.count > Self.cacheLimit {
                cache.grammars[cache.order.removeFirst()] = nil
            }
            return compiled
        }
    }

    var vocabularySize: Int { tokenizer.tokenCount }

    func isEnd(_ token: TokenID) -> Bool { ends.contains(token) }

    private func cached(_ key: String) -> CompiledGrammar? {
        cache.withLock { cache in
            guard let known = cache.grammars[key] else { return nil }
            cache.order.removeAll { $0 == key }
            cache.order.append(key)
            return known
        }
    }

    private func vocabulary() -> ConstraintVocabulary {
        cache.withLock { cache in
            if let known = cache.vocabulary {
                return known
            }
            let made = ConstraintVocabulary(tokenizer, ends: ends)
            cache.vocabulary = made
            return made
        }
    }
}
