import Testing

@testable import Chat

@Suite("Tool calls in a model's output")
struct ToolCallParserTests {
    private let fixture: OutputFixture

    init() throws {
        fixture = try OutputFixture()
    }

    private func calls(_ text: String) -> Reply {
        fixture.reply(text, parsesToolCalls: true)
    }

    @Test("come out with their name and their arguments as written")
    func plainCall() {
        let reply = calls(
            "<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"K\\u00f6ln\", \"a\": [1, {}]}}\n</tool_call>"
        )
        #expect(reply.content == "")
        #expect(
            reply.calls == [
                ToolCall(id: "call_1", name: "get_weather", arguments: "{\"city\": \"K\\u00f6ln\", \"a\": [1, {}]}")
            ])
        #expect(reply.order == ["call", "arguments"])
    }

    @Test("follow each other, with text around them")
    func severalCalls() {
        let reply = calls(
            """
            Let me look.
            <tool_call>
            {"name": "a", "arguments": {}}
            </tool_call>
            <tool_call>{"arguments": {"x": "}\\""}, "name": "b"}</tool_call>
            """)
        #expect(reply.content == "Let me look.")
        #expect(reply.calls.map(\.name) == ["a", "b"])
        #expect(reply.calls.map(\.arguments) == ["{}", "{\"x\": \"}\\\"\"}"])
    }

    @Test("keep the text behind them apart from the text before them")
    func textBehind() {
        let reply = calls("one\n<tool_call>\n{\"name\": \"a\", \"arguments\": {}}\n</tool_call>\ntwo\n")
        #expect(reply.content == "one\n\ntwo")
        #expect(reply.order == ["content", "call", "arguments", "content"])
    }

    @Test("stream their arguments")
    func streaming() {
        let text = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"city\": \"Paris\"}}"
        var parser = fixture.parser()
        var pieces: [OutputDelta] = []
        for token in fixture.label(fixture.tokenizer.encode(text), parsesToolCalls: true) {
            pieces += parser.consume([token])
        }
        #expect(pieces.first == .toolCallBegan(index: 0, id: "call_1", name: "f"))
        #expect(pieces.count > 10)
        #expect(Reply(pieces).calls.first?.arguments == "{\"city\": \"Paris\"}")
    }

    @Test("without arguments have empty ones, and quoted arguments are unquoted")
    func oddArguments() {
        #expect(calls("<tool_call>{\"name\": \"f\"}</tool_call>").calls.first?.arguments == "{}")
        let quoted = "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"x\\\": 1}\"}</tool_call>"
        #expect(calls(quoted).calls.first?.arguments == "{\"x\": 1}")
        let broken = "<tool_call>{\"name\": \"f\", \"arguments\": {\"x\": oops}}</tool_call>"
        #expect(calls(broken).calls.first?.arguments == "{\"x\": oops}")
        #expect(
            calls("<tool_call>{\"name\": \"f\", \"arguments\": {\"x\": \"un").calls.first?.arguments == "{\"x\": \"un")
    }

    @Test("keep the order of what is written, wherever it is cut, also behind half a scalar")
    func cutBehindHalfAScalar() {
        let text = Array("{\"name\": \"f\", \"arguments\": ".utf8) + [0xD6] + Array("\"{}\"}".utf8)
        for pieceSize in [1, 3, text.count] {
            var parser = ToolCallParser(index: 0, id: "call_1")
            var deltas: [OutputDelta] = []
            for start in stride(from: 0, to: text.count, by: pieceSize) {
                deltas += parser.consume(Array(text[start..<min(text.count, start + pieceSize)]))
            }
            deltas += parser.finish(isClosed: true) ?? []
            #expect(Reply(deltas).calls.first?.arguments == "\u{FFFD}\"{}\"", "in pieces of \(pieceSize)")
        }
    }

    @Test(
        "that are none are given back as text",
        arguments: [
            "<tool_call>\nno JSON\n</tool_call>", "<tool_call>{\"name\": 7}</tool_call>", "<tool_call></tool_call>",
            "<tool_call>{\"arguments\": {\"a\": 1}}</tool_call>", "<tool_call>{\"na", "<tool_call>[1]</tool_call>",
        ])
    func noCall(text: String) {
        let reply = calls("x " + text + " y")
        #expect(reply.content == "x " + text + " y")
        #expect(reply.calls.isEmpty)
    }

    @Test("that are held to be calls are left out where they are cut off before their name")
    func cutBeforeTheName() {
        let tokens = fixture.label(
            fixture.tokenizer.encode("Wait.\n<tool_call>\n{\"name\": \"ge"), parsesToolCalls: true)
        var parser = AssistantOutputParser(
            tokenizer: fixture.tokenizer, tokens: fixture.tokens, stops: .init(), startPhase: .content,
            continuesText: false, callsAreHeld: true)
        #expect(Reply(parser.consume(tokens) + parser.finish()).content == "Wait.")
    }

    @Test("may lack their closing tag")
    func unclosed() {
        let reply = calls(
            "<tool_call>{\"name\": \"a\", \"arguments\": {}}\n<tool_call>{\"name\": \"b\", \"arguments\": {}}")
        #expect(reply.calls.map(\.name) == ["a", "b"])
    }

    @Test("are never read inside a think block")
    func insideThinking() {
        let text = "<think>\n<tool_call>{\"name\": \"a\"}</tool_call>\n</think>\nok"
        let reply = fixture.reply(text, parsesToolCalls: true)
        #expect(reply.calls.isEmpty)
        #expect(reply.reasoning == "<tool_call>{\"name\": \"a\"}</tool_call>")
        #expect(reply.content == "ok")
    }

    @Test("have identifiers of their own")
    func identifiers() {
        let parser = AssistantOutputParser(
            tokenizer: fixture.tokenizer, tokens: fixture.tokens, stops: .init(), startPhase: .content,
            continuesText: false)
        var identifiers: Set<String> = []
        for _ in 0..<100 {
            var parser = parser
            let text = "<tool_call>{\"name\": \"a\", \"arguments\": {}}</tool_call>"
            let tokens = fixture.label(fixture.tokenizer.encode(text), parsesToolCalls: true)
            let id = Reply(parser.consume(tokens)).calls.first?.id ?? ""
            #expect(id.hasPrefix("call_") && id.utf8.count == 29)
            identifiers.insert(id)
        }
        #expect(identifiers.count == 100)
    }
}
