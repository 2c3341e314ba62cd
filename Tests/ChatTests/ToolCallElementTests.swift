import JSON
import Sampling
import TestSupport
import Testing

@testable import Chat

@Suite("Tool calls that are written as elements")
struct ToolCallElementTests {
    private static let spellings: ParameterSpellings = [
        "f": ["text": .text, "note": .textOrNull, "data": .json]
    ]
    private let fixture: OutputFixture

    init() throws {
        fixture = try OutputFixture()
    }

    private func reply(_ text: String) -> Reply {
        let tokens = fixture.label(fixture.tokenizer.encode(text), parsesToolCalls: true)
        var parser = parser()
        return Reply(parser.consume(tokens) + parser.finish())
    }

    private func parser() -> AssistantOutputParser {
        AssistantOutputParser(
            tokenizer: fixture.tokenizer, tokens: fixture.tokens, stops: .init(), startPhase: .content,
            continuesText: false, spellings: Self.spellings, makeCallID: { "call_1" })
    }

    private static func call(_ name: String, _ parameters: [(String, String)]) -> String {
        let elements = parameters.map { "<parameter=\($0)>\n\($1)\n</parameter>\n" }.joined()
        return "<tool_call>\n<function=\(name)>\n\(elements)</function>\n</tool_call>"
    }

    @Test(
        "become JSON by the spelling of their parameters",
        arguments: [
            ("text", "7", "\"7\""), ("text", "a \"b\"\\\n<c> é\t\n", #""a \"b\"\\\n<c> é\t\n""#), ("text", "", "\"\""),
            ("note", "null", "null"), ("note", "nul", "\"nul\""), ("note", "nullable", "\"nullable\""),
            ("note", "", "\"\""), ("data", "{\"a\": [1, \"</parameter>\"]}", "{\"a\": [1, \"</parameter>\"]}"),
            ("data", "12", "12"), ("other", "12", "12"), ("other", "True", "true"), ("other", "None", "null"),
            ("other", "twelve", "\"twelve\""), ("other", "[1, 2]", "[1, 2]"),
            ("other", "[\"</parameter>\"]", "[\"</parameter>\"]"), ("other", "", "\"\""),
        ])
    func values(parameter: String, text: String, json: String) throws {
        let call = try #require(reply(Self.call("f", [(parameter, text)])).calls.first)
        #expect(call.name == "f")
        #expect(call.arguments == "{\"\(parameter)\": \(json)}")
    }

    @Test("follow each other, with text around them")
    func severalCalls() {
        let reply = reply("Well.\n" + Self.call("f", [("text", "a"), ("data", "1")]) + "\n" + Self.call("g", []))
        #expect(reply.content == "Well.")
        #expect(reply.calls.map(\.name) == ["f", "g"])
        #expect(reply.calls.map(\.arguments) == ["{\"text\": \"a\", \"data\": 1}", "{}"])
    }

    @Test("may lack line feeds and the function's end")
    func sloppyCalls() {
        let text = "<tool_call><function=f><parameter=text>a b</parameter><parameter=note>null</parameter></tool_call>"
        #expect(reply(text).calls.map(\.arguments) == ["{\"text\": \"a b\", \"note\": null}"])
        #expect(reply("<tool_call><function=f></tool_call>").calls.map(\.arguments) == ["{}"])
        #expect(reply("<tool_call><function=f><parameter=text>a b").calls.map(\.arguments) == ["{\"text\": \"a b"])
    }

    @Test(
        "that name no function are given back as text",
        arguments: ["<function=", "<function=>\n</function>", "<b>x</b>"])
    func noCall(text: String) {
        let whole = "<tool_call>\n\(text)\n</tool_call>"
        #expect(reply(whole).content == whole)
        #expect(reply(whole).calls.isEmpty)
    }

    @Test("stream their arguments, and come out the same however the tokens are cut")
    func cuts() throws {
        let values = ["null", "a\n\"b\"", "</para", "日本 👍", "\n\n", "<tool>", "nu", "x</parameter"]
        var random = SeededGenerator(seed: 31)
        for _ in 0..<200 {
            let parameters = ["text", "note", "data", "other"].map { name in
                let text = values.randomElement(using: &random) ?? ""
                return (name, name == "data" ? JSONValue.string(text).serialized() : text)
            }
            let text = Self.call("f", parameters)
            let tokens = fixture.label(fixture.tokenizer.encode(text), parsesToolCalls: true)
            let whole = reply(text)
            var parser = parser()
            var deltas: [OutputDelta] = []
            for token in tokens {
                deltas += parser.consume([token])
            }
            #expect(Reply(deltas + parser.finish()) == whole)
            #expect(deltas.count > 5)
            let arguments = try JSONValue(parsing: try #require(whole.calls.first?.arguments))
            #expect(arguments["text"]?.stringValue == parameters[0].1)
            #expect(arguments["data"]?.serialized() == parameters[2].1)
        }
    }

    @Test("take time and memory that grow with their length only")
    func longValue() throws {
        let text = String(repeating: "<", count: 20_000)
        for name in ["text", "other"] {
            #expect(reply(Self.call("f", [(name, text)])).calls.first?.arguments == "{\"\(name)\": \"\(text)\"}")
        }
    }
}
