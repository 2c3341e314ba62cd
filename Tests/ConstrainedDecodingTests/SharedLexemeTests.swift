import JSON
import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ConstrainedDecoding

/// Masks over Qwen3's vocabulary, which are put together from parts that grammars share.
@Suite struct SharedLexemeTests {
    private static let schemas = [
        #"{"properties":{"a":{"type":"string","minLength":2,"maxLength":7},"b":{"type":"string"}},"required":["a","b"]}"#,
        #"{"items":{"type":"string","maxLength":7},"maxItems":3}"#,
        #"{"anyOf":[{"type":"string","pattern":"^[a-z ]+$"},{"type":"string","not":{"enum":["the"]}},{"type":"number"}]}"#,
        #"{"additionalProperties":{"type":["string","null"]},"properties":{"id":{"format":"email","type":"string"}}}"#,
    ]

    @Test func `a mask allows the tokens that a plain automaton accepts`() throws {
        let tokenizer = try Tokenizer(tokenizerFile: Fixtures.bytes("qwen3/tokenizer.json"))
        let end = try #require(tokenizer.token("<|im_end|>"))
        let compiler = ConstraintCompiler(tokenizer: tokenizer, ends: [end])
        let texts = (0..<tokenizer.tokenCount).map { id in
            var bytes: [UInt8] = []
            tokenizer.appendBytes(of: TokenID(id), to: &bytes)
            return bytes
        }
        let added = Set(tokenizer.addedTokens.map(\.id.index))
        var random = SeededGenerator(seed: 5)
        for schema in Self.schemas {
            let definition = try ConstraintDefinition.schema(schema)
            var matcher = try compiler.compile(definition).makeMatcher()
            var automaton = GrammarAutomaton(try definition.grammar())
            var state = automaton.start
            for _ in 0..<6 {
                let mask = matcher.mask()
                let first = Int.random(in: 0..<16, using: &random)
                var allowed: [Int] = []
                for id in stride(from: first, to: texts.count, by: 16) where !added.contains(id) {
                    var next = state
                    for byte in texts[id] where next != GrammarAutomaton.dead {
                        next = automaton.next(next, byte)
                    }
                    let isAllowed = next != GrammarAutomaton.dead && !texts[id].isEmpty
                    if mask.contains(TokenID(id)) != isAllowed {
                        Issue.record("\(schema): \(String(decoding: texts[id], as: UTF8.self)) \(isAllowed)")
                    }
                    if isAllowed { allowed.append(id) }
                }
                #expect(mask.contains(end) == automaton.isAccepting(state))
                // Short tokens keep it going for longer.
                allowed.sort { texts[$0].count < texts[$1].count }
                guard let id = allowed.prefix(40).randomElement(using: &random) else { break }
                matcher.accept(TokenID(id))
                for byte in texts[id] {
                    state = automaton.next(state, byte)
                }
            }
        }
    }

    @Test func `grammars share what matches by itself`() throws {
        let library = LexemeLibrary(counterLimit: 100)
        func lexemes(_ schema: String) throws -> [Lexeme] {
            try ConstraintDefinition.schema(schema).rules().grammar(lexemes: library).lexemes
        }
        let text = try lexemes(#"{"type":"string","maxLength":9}"#)
        let list = try lexemes(#"{"items":{"type":"string","maxLength":9}}"#)
        let other = try lexemes(#"{"items":{"type":"string","maxLength":8}}"#)
        #expect(text.count == 1)
        #expect(list.contains { $0 === text[0] })
        #expect(!other.contains { $0 === text[0] })
    }

    @Test func `a long string needs few masks and little memory`() throws {
        let library = LexemeLibrary(counterLimit: 129)
        let schema = #"{"type":"string","maxLength":1000000}"#
        let grammar = try ConstraintDefinition.schema(schema).rules().grammar(lexemes: library)
        var automaton = GrammarAutomaton(grammar, counterLimit: 129)
        var state = automaton.next(automaton.start, UInt8(ascii: "\""))
        let first = automaton.canonical(state)
        for _ in 0..<5000 {
            state = automaton.next(state, UInt8(ascii: "a"))
        }
        #expect(automaton.canonical(state) == first)
    }
}
