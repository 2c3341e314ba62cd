import JSON
import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ConstrainedDecoding

@Suite struct MatcherTests {
    private static let tokenizer = try? Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))

    private func grammar(_ definition: ConstraintDefinition) throws -> (CompiledGrammar, Tokenizer) {
        let tokenizer = try #require(Self.tokenizer)
        return (try ConstraintCompiler(tokenizer: tokenizer, ends: [0]).compile(definition), tokenizer)
    }

    private func bytes(_ token: TokenID, _ tokenizer: Tokenizer) -> [UInt8] {
        var bytes: [UInt8] = []
        tokenizer.appendBytes(of: token, to: &bytes)
        return bytes
    }

    @Test func `what goes on with an output is what may follow its beginning`() throws {
        let (grammar, tokenizer) = try grammar(try .schema(#"{"enum":["north","nought",12]}"#))
        for beginning in ["", "\"", "\"no", "\"north", "\"north\"", "1", "12"] {
            let tokens = tokenizer.encode(beginning)
            let matcher = try #require(grammar.makeMatcher(behind: tokens))
            let follower = tokens.reduce(into: grammar.makeMatcher()) { $0.accept($1) }
            #expect(matcher.mask() == follower.mask())
            #expect(matcher.isComplete == ["\"north\"", "12"].contains(beginning))
        }
        for beginning in ["n", "\"s", "\"north\" ,", "13", "122"] {
            #expect(grammar.makeMatcher(behind: tokenizer.encode(beginning)) == nil, "\(beginning)")
        }
    }

    @Test(arguments: [
        #"{"type":"object","properties":{"name":{"type":"string","maxLength":9},"n":{"type":"integer"}},"required":["n"]}"#,
        #"{"type":"array","items":{"enum":["red","green",12]},"maxItems":4}"#, "true",
    ])
    func `a mask allows exactly the tokens whose text may follow`(schema: String) throws {
        let definition = try ConstraintDefinition.schema(schema)
        let (grammar, tokenizer) = try grammar(definition)
        var automaton = GrammarAutomaton(try definition.grammar())
        var matcher = grammar.makeMatcher()
        var state = automaton.start
        let added = Set(tokenizer.addedTokens.map(\.id))
        var random = SplitMix(seed: 7)
        for _ in 0..<60 {
            let mask = matcher.mask()
            var allowed: [TokenID] = []
            for id in 0..<tokenizer.tokenCount {
                let token = TokenID(id)
                let text = bytes(token, tokenizer)
                var next = state
                for byte in text {
                    next = automaton.next(next, byte)
                }
                let isText = !added.contains(token) && !text.isEmpty && next != GrammarAutomaton.dead
                let isEnd = id == 0 && automaton.isAccepting(state)
                #expect(mask.contains(token) == (isText || isEnd))
                if isText {
                    allowed.append(token)
                }
            }
            guard !allowed.isEmpty else { break }
            let token = allowed[Int(random.next() % UInt64(allowed.count))]
            matcher.accept(token)
            for byte in bytes(token, tokenizer) {
                state = automaton.next(state, byte)
            }
        }
    }

    @Test func `whatever is drawn, a finished text is valid`() throws {
        let schema = #"""
            {"type":"object","properties":{"kind":{"enum":["a","b"]},"tags":{"type":"array","items":{"type":"string",
             "maxLength":5},"maxItems":3},"score":{"type":"number","minimum":-1,"maximum":1}},
             "required":["kind","tags","score"]}
            """#
        let (grammar, tokenizer) = try grammar(try .schema(schema))
        var random = SplitMix(seed: 3)
        var finishedCount = 0
        for _ in 0..<30 {
            var matcher = grammar.makeMatcher()
            var text: [UInt8] = []
            for _ in 0..<400 {
                let mask = matcher.mask()
                let allowed = (0..<tokenizer.tokenCount).map { TokenID($0) }.filter(mask.contains)
                let token = try #require(allowed.isEmpty ? nil : allowed[Int(random.next() % UInt64(allowed.count))])
                if token == 0 { break }
                text += bytes(token, tokenizer)
                matcher.accept(token)
            }
            guard matcher.isComplete else { continue }
            finishedCount += 1
            let value = try JSONValue(parsing: text)
            #expect(["a", "b"].contains(value["kind"]?.stringValue))
            #expect((value["tags"]?.arrayValue ?? [nil, nil, nil, nil]).count <= 3)
            #expect((-1...1).contains(value["score"]?.doubleValue ?? 2))
        }
        #expect(finishedCount > 10)
    }

    @Test func `matchers that share a grammar do not disturb each other`() throws {
        let (grammar, tokenizer) = try grammar(.jsonObject)
        let tokens = tokenizer.encode(#"{"a": [1, {"b": "text"}], "c": null}"#)
        var alone: [TokenMask] = []
        var first = grammar.makeMatcher()
        for token in tokens {
            alone.append(first.mask())
            first.accept(token)
        }
        #expect(first.isComplete)
        var pair = [grammar.makeMatcher(), grammar.makeMatcher()]
        for (index, token) in tokens.enumerated() {
            for which in pair.indices {
                #expect(pair[which].mask() == alone[index])
                pair[which].accept(token)
            }
        }
    }

    @Test func `tables that grow too large are begun again without a trace`() throws {
        let (grammar, tokenizer) = try grammar(try .schema(#"{"type":"string","maxLength":30000}"#))
        var matcher = grammar.makeMatcher()
        let token = try #require(tokenizer.token("a"))
        let quote = try #require(tokenizer.token("\""))
        matcher.accept(quote)
        let atStart = matcher
        for _ in 0..<9000 {
            matcher.accept(token)
        }
        var early = atStart
        early.accept(token)
        #expect(early.mask().contains(token) && early.mask().contains(quote))
        #expect(matcher.mask().contains(token) && matcher.mask().contains(quote))
        matcher.accept(quote)
        #expect(matcher.isComplete && !early.isComplete)
    }

    @Test func `a definition is compiled once`() throws {
        let tokenizer = try #require(Self.tokenizer)
        let compiler = ConstraintCompiler(tokenizer: tokenizer, ends: [0])
        let first = try compiler.compile(.choice(["yes", "no"]))
        #expect(try compiler.compile(.choice(["yes", "no"])) === first)
        for index in 0..<16 {
            _ = try compiler.compile(.choice(["\(index)"]))
        }
        #expect(try compiler.compile(.choice(["yes", "no"])) !== first)
    }
}

private struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
