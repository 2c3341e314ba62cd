import Sampling
import Tokenization
import Tokens

@testable import Chat

/// What a model writes: reasoning, content and calls in either notation. Invariant: a reply does not depend on how its text was
/// cut, and a call begins before its arguments.
struct ToolCallTarget: FuzzTarget {
    static let name = "toolcall"

    private static let spellings: ParameterSpellings = [
        "weather": ["city": .text, "days": .json, "unit": .textOrNull], "f": [:],
    ]

    private static let structure: OutputGrammarTokens = {
        let tokenizer = TextTarget.tokenizer
        return OutputGrammarTokens(
            thinkOpen: tokenizer.token("<think>"), thinkClose: tokenizer.token("</think>"),
            toolCallOpen: tokenizer.token("<tool_call>"), toolCallClose: tokenizer.token("</tool_call>"),
            ends: Set(["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token)))
    }()

    func prepare() {
        _ = Self.structure
    }

    func run(_ input: [UInt8]) {
        let whole = call(input, piece: max(1, input.count))
        require(call(input, piece: 1) == whole, "a call that comes byte by byte is another")
        require(call(input, piece: 3) == whole, "a call that comes in threes is another")
        checkReply(input)
    }

    /// One call by itself: its deltas joined, or nil where the text is none.
    private func call(_ input: [UInt8], piece: Int) -> [OutputDelta]? {
        var parser = ToolCallParser(index: 0, id: "call_1", spellings: Self.spellings)
        var deltas: [OutputDelta] = []
        for start in stride(from: 0, to: input.count, by: piece) {
            deltas += parser.consume(Array(input[start..<min(input.count, start + piece)]))
        }
        guard let rest = parser.finish(isClosed: true) else { return nil }
        return Self.joined(deltas + rest)
    }

    private func checkReply(_ input: [UInt8]) {
        var choices = InputChoices(input)
        let start: OutputPhase = Bool.random(using: &choices) ? .reasoning : .content
        let tokens = label(TextTarget.tokenizer.encode(String(decoding: input, as: UTF8.self)), start: start)
        let stops = StopConditions(strings: ["END", "\n\n\n"], includesStopText: Bool.random(using: &choices))
        let whole = reply(tokens, piece: max(1, tokens.count), start, stops)
        require(reply(tokens, piece: 1, start, stops) == whole, "a reply that comes token by token is another")
        var begun: Set<Int> = []
        for delta in whole {
            switch delta {
            case .toolCallBegan(let index, _, let name):
                require(begun.insert(index).inserted && !name.isEmpty, "a call begins twice or without a name")
            case .toolCallArguments(let index, _):
                require(begun.contains(index), "arguments come before their call")
            case .reasoning, .content: break
            }
        }
    }

    private func label(_ ids: [TokenID], start: OutputPhase) -> [SampledToken] {
        var machine = OutputMachine(tokens: Self.structure, start: start, parsesToolCalls: true)
        return ids.map { id in
            let label = machine.accept(id)
            return SampledToken(id: id, phase: label.phase, isStructural: label.isStructural)
        }
    }

    private func reply(
        _ tokens: [SampledToken], piece: Int, _ start: OutputPhase, _ stops: StopConditions
    ) -> [OutputDelta] {
        var parser = AssistantOutputParser(
            tokenizer: TextTarget.tokenizer, tokens: Self.structure, stops: stops, startPhase: start,
            continuesText: false,
            spellings: Self.spellings, makeCallID: { "call_1" })
        var deltas: [OutputDelta] = []
        for start in stride(from: 0, to: tokens.count, by: piece) {
            deltas += parser.consume(Array(tokens[start..<min(tokens.count, start + piece)]))
        }
        return Self.joined(deltas + parser.finish())
    }

    /// Neighbours of one kind made one, and none that is empty.
    private static func joined(_ deltas: [OutputDelta]) -> [OutputDelta] {
        var joined: [OutputDelta] = []
        for delta in deltas {
            switch (joined.last, delta) {
            case (_, .content("")), (_, .reasoning("")), (_, .toolCallArguments(_, "")): break
            case (.content(let text), .content(let more)): joined[joined.count - 1] = .content(text + more)
            case (.reasoning(let text), .reasoning(let more)): joined[joined.count - 1] = .reasoning(text + more)
            case (.toolCallArguments(let index, let text), .toolCallArguments(let next, let more)) where index == next:
                joined[joined.count - 1] = .toolCallArguments(index: index, text + more)
            default: joined.append(delta)
            }
        }
        return joined
    }
}
