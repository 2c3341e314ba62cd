import Sampling
import TestSupport
import Testing
import Tokens

@testable import Chat

@Suite("The parser of a model's output")
struct AssistantOutputParserTests {
    private let fixture: OutputFixture

    init() throws {
        fixture = try OutputFixture()
    }

    @Test("gives the same reply however the tokens are cut")
    func cutsDoNotMatter() {
        var random = SeededGenerator(seed: 21)
        let tags = ["<think>", "</think>", "<tool_call>", "</tool_call>", "<|im_end|>"]
        for _ in 0..<400 {
            let start: OutputPhase = Bool.random(using: &random) ? .reasoning : .content
            let stops = StopConditions(
                strings: Bool.random(using: &random) ? [] : [" END", "a\n", "\n\n\n"],
                includesStopText: Bool.random(using: &random), scope: Bool.random(using: &random) ? .all : .content,
                skipsLeadingLineFeeds: Bool.random(using: &random))
            let ids = fixture.randomTokens(count: Int.random(in: 0..<40, using: &random), tags: tags, using: &random)
            let tokens = fixture.label(ids, start: start, parsesToolCalls: Bool.random(using: &random))
            var whole = fixture.parser(start: start, stops: stops)
            let expected = Reply(whole.consume(tokens) + whole.finish())
            var parser = fixture.parser(start: start, stops: stops)
            var deltas: [OutputDelta] = []
            var rest = tokens[...]
            while !rest.isEmpty {
                let count = Int.random(in: 1...min(rest.count, 5), using: &random)
                deltas += parser.consume(Array(rest.prefix(count)))
                rest = rest.dropFirst(count)
            }
            #expect(Reply(deltas + parser.finish()) == expected, "\(ids)")
        }
    }

    @Test("keeps line feeds at the end of an answer that is held to a form", arguments: [1, 2, 40])
    func lastLineFeeds(step: Int) {
        let tokens = fixture.label(fixture.tokenizer.encode("\n\na\n\nb\n\n\n"))
        var parser = fixture.parser(keepsLastLineFeeds: true)
        var deltas: [OutputDelta] = []
        for start in stride(from: 0, to: tokens.count, by: step) {
            deltas += parser.consume(Array(tokens[start..<min(start + step, tokens.count)]))
        }
        #expect(Reply(deltas + parser.finish()).content == "a\n\nb\n\n\n")
    }

    @Test("agrees with the model's own recipe: split behind the closing tag, strip line feeds")
    func officialParse() throws {
        var random = SeededGenerator(seed: 22)
        let open = try #require(fixture.tokens.thinkOpen)
        let close = try #require(fixture.tokens.thinkClose)
        for round in 0..<400 {
            let thought = fixture.randomTokens(count: Int.random(in: 0..<20, using: &random), using: &random)
            let answer = fixture.randomTokens(
                count: Int.random(in: 0..<20, using: &random), tags: ["<tool_call>", "</tool_call>"], using: &random)
            let thinks = round % 4 != 0
            let start: OutputPhase = thinks && round % 2 == 0 ? .reasoning : .content
            let opening = thinks && start == .content ? [open] : []
            let ids = opening + (thinks ? thought + [close] : []) + answer
            var parser = fixture.parser(start: start)
            let reply = Reply(parser.consume(fixture.label(ids, start: start)) + parser.finish())
            let (reasoning, content) = official(ids, open: open, close: close)
            #expect(reply.reasoning.utf8.elementsEqual(reasoning.utf8), "\(ids)")
            #expect(reply.content.utf8.elementsEqual(content.utf8), "\(ids)")
        }
    }

    /// All up to the last closing tag is reasoning, the rest content.
    private func official(_ ids: [TokenID], open: TokenID, close: TokenID) -> (reasoning: String, content: String) {
        let split = ids.lastIndex(of: close).map { $0 + 1 } ?? 0
        let thought = ids[..<split].filter { $0 != open && $0 != close }
        return (
            fixture.tokenizer.decode(thought).trimmingNewlines(),
            fixture.tokenizer.decode(Array(ids[split...])).trimmingNewlines()
        )
    }

    @Test("ends content before the stop string that ends first")
    func stopStrings() {
        var random = SeededGenerator(seed: 23)
        for _ in 0..<300 {
            let ids = fixture.randomTokens(count: 30, using: &random)
            let text = fixture.tokenizer.decode(ids)
            let stops = [" E", "ND", "a\n", "END"]
            var parser = fixture.parser(stops: StopConditions(strings: stops))
            var content = ""
            for token in fixture.label(ids) {
                for case .content(let more) in parser.consume([token]) {
                    content += more
                }
            }
            for case .content(let more) in parser.finish() {
                content += more
            }
            let ends = stops.compactMap { stop in text.firstRange(of: stop).map { ($0.upperBound, stop.utf8.count, $0) }
            }
            let first = ends.min { ($0.0, -$0.1) < ($1.0, -$1.1) }
            let expected = String(first.map { text[..<$0.2.lowerBound] } ?? text[...]).trimmingNewlines()
            #expect(content.utf8.elementsEqual(expected.utf8), "\(ids)")
        }
    }

    @Test("keeps the stop string where it is asked to, and says nothing after it")
    func includedStop() {
        let stops = StopConditions(strings: ["END"], includesStopText: true)
        #expect(fixture.reply("go END on", stops: stops).content == "go END")
        #expect(fixture.reply("go END on", stops: StopConditions(strings: ["END"])).content == "go ")
    }

    @Test("is deaf to stop strings in reasoning unless told otherwise")
    func deafInReasoning() {
        let text = "wait END more</think>yes END no"
        let deaf = fixture.reply(text, start: .reasoning, stops: StopConditions(strings: ["END"]))
        #expect(deaf.reasoning == "wait END more")
        #expect(deaf.content == "yes ")
        let stops = StopConditions(strings: ["END"], scope: .all)
        let listening = fixture.reply(text, start: .reasoning, stops: stops)
        #expect(listening.reasoning == "wait ")
        #expect(listening.content == "")
    }

    @Test("swallows an empty think block")
    func emptyThinkBlock() {
        let reply = fixture.reply("<think>\n\n</think>\n\nHello\n")
        #expect(reply.order == ["content"])
        #expect(reply.content == "Hello")
    }

    @Test("holds back no settled text")
    func promptness() {
        var parser = fixture.parser(stops: StopConditions(strings: ["STOP"]))
        let tokens = fixture.label(fixture.tokenizer.encode("xS"))
        #expect(parser.consume([tokens[0]]) == [.content("x")])
        #expect(parser.consume([tokens[1]]) == [])
        #expect(parser.consume(fixture.label(fixture.tokenizer.encode("y"))) == [.content("Sy")])
        #expect(parser.consume(fixture.label(fixture.tokenizer.encode("\n"))) == [])
        #expect(parser.consume(fixture.label(fixture.tokenizer.encode("z"))) == [.content("\nz")])
    }

    @Test("keeps the first line breaks where the output goes on with earlier text")
    func continuation() {
        var parser = fixture.parser(continuesText: true)
        let deltas = parser.consume(fixture.label(fixture.tokenizer.encode("\n\nmore"))) + parser.finish()
        #expect(Reply(deltas).content == "\n\nmore")
    }

    @Test("leaves tool-call tags in the text of a request without tools")
    func untouchedToolCalls() {
        let text = "x\n<tool_call>\n{\"name\": \"f\"}\n</tool_call>"
        #expect(fixture.reply(text).content == text)
        #expect(fixture.reply(text).calls.isEmpty)
    }
}
