import Sampling
import TestSupport
import Tokenization
import Tokens

@testable import Chat

/// A small vocabulary with all of Qwen3's structural tokens, and random output in it.
struct OutputFixture {
    private static let shared = Result {
        try Tokenizer(tokenizerFile: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))
    }

    let tokenizer: Tokenizer
    let tokens: OutputGrammarTokens

    init() throws {
        tokenizer = try Self.shared.get()
        tokens = OutputGrammarTokens(
            thinkOpen: tokenizer.token("<think>"), thinkClose: tokenizer.token("</think>"),
            toolCallOpen: tokenizer.token("<tool_call>"), toolCallClose: tokenizer.token("</tool_call>"),
            ends: Set(["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token)))
    }

    /// Labels tokens as the engine does.
    func label(_ ids: [TokenID], start: OutputPhase = .content, parsesToolCalls: Bool = false) -> [SampledToken] {
        var machine = OutputMachine(tokens: tokens, start: start, parsesToolCalls: parsesToolCalls)
        return ids.map { id in
            let label = machine.accept(id)
            return SampledToken(id: id, phase: label.phase, isStructural: label.isStructural)
        }
    }

    func parser(
        start: OutputPhase = .content, stops: StopConditions = StopConditions(), continuesText: Bool = false,
        keepsLastLineFeeds: Bool = false
    ) -> AssistantOutputParser {
        AssistantOutputParser(
            tokenizer: tokenizer, tokens: tokens, stops: stops, startPhase: start, continuesText: continuesText,
            keepsLastLineFeeds: keepsLastLineFeeds, makeCallID: { "call_1" })
    }

    /// The whole reply to labelled tokens that come all at once.
    func reply(
        _ text: String, start: OutputPhase = .content, parsesToolCalls: Bool = false,
        stops: StopConditions = StopConditions()
    ) -> Reply {
        let tokens = label(tokenizer.encode(text), start: start, parsesToolCalls: parsesToolCalls)
        var parser = parser(start: start, stops: stops)
        return Reply(parser.consume(tokens) + parser.finish())
    }

    /// Random tokens: text, halves of scalars, line breaks and, as often as asked, tags.
    func randomTokens(count: Int, tags: [String] = [], using random: inout SeededGenerator) -> [TokenID] {
        let snippets = [
            "\n", "\n\n", "a", " E", "ND", "é", "東", "👍", "{\"name\": \"f\", \"arguments\": {\"x\": [1, \"}\"]}}",
        ]
        var ids: [TokenID] = []
        while ids.count < count {
            switch Int.random(in: 0..<6, using: &random) {
            case 0: ids.append(TokenID(Int.random(in: 0..<400, using: &random)))
            case 1: ids += tags.randomElement(using: &random).flatMap(tokenizer.token).map { [$0] } ?? []
            case 2: ids += tokenizer.encode("東👍").dropFirst(Int.random(in: 0..<3, using: &random)).prefix(4)
            default: ids += tokenizer.encode(snippets.randomElement(using: &random) ?? "")
            }
        }
        return ids
    }
}

/// The fold of deltas: what a client has in the end.
struct Reply: Equatable {
    var reasoning = ""
    var content = ""
    var calls: [ToolCall] = []
    /// Deltas in order, adjacent text joined.
    var order: [String] = []

    init(_ deltas: [OutputDelta]) {
        for delta in deltas {
            switch delta {
            case .reasoning(let text):
                reasoning += text
                note("reasoning")
            case .content(let text):
                content += text
                note("content")
            case .toolCallBegan(let index, let id, let name):
                precondition(index == calls.count)
                calls.append(ToolCall(id: id, name: name, arguments: ""))
                note("call")
            case .toolCallArguments(let index, let text):
                calls[index].arguments += text
                note("arguments")
            }
        }
    }

    private mutating func note(_ kind: String) {
        if order.last != kind {
            order.append(kind)
        }
    }

    static func == (left: Reply, right: Reply) -> Bool {
        left.reasoning.utf8.elementsEqual(right.reasoning.utf8) && left.content.utf8.elementsEqual(right.content.utf8)
            && left.calls == right.calls && left.order == right.order
    }
}
