import JSON
import Testing

@testable import Chat

@Suite("Messages as clients write them")
struct ChatMessageReaderTests {
    @Test("have their text parts joined")
    func parts() throws {
        let message = try ChatMessage(json: [
            "role": "user", "content": [["type": "text", "text": "a"], ["type": "input_text", "text": "b"], "c"],
        ])
        #expect(message == ChatMessage(role: .user, content: "abc"))
    }

    @Test("of developers are the system's, those of functions are tools'")
    func roles() throws {
        #expect(try ChatMessage(json: ["role": "developer", "content": "x"]).role == .system)
        #expect(try ChatMessage(json: ["role": "function", "name": "f", "content": "x"]).role == .tool)
    }

    @Test(
        "may lack content", arguments: [["role": "assistant"], ["role": "assistant", "content": nil]] as [JSONValue])
    func noContent(json: JSONValue) throws {
        #expect(try ChatMessage(json: json).content == nil)
    }

    @Test(
        "hold reasoning in any spelling",
        arguments: [
            ["role": "assistant", "reasoning_content": "why"], ["role": "assistant", "reasoning": "why"],
            ["role": "assistant", "thinking": "why", "reasoning": nil],
            ["role": "assistant", "reasoning_details": [["type": "reasoning.text", "text": "why"]]],
        ] as [JSONValue])
    func reasoning(json: JSONValue) throws {
        #expect(try ChatMessage(json: json).reasoning == "why")
    }

    @Test("hold tool calls with arguments as text or as an object, its keys in order")
    func toolCalls() throws {
        let message = try ChatMessage(
            json: JSONValue(
                parsing: """
                    {"role": "assistant", "content": null, "tool_calls": [
                      {"id": "1", "type": "function", "function": {"name": "a", "arguments": "{\\"x\\":1}"}},
                      {"name": "b", "arguments": {"z": 1.0, "a": 2}}], "function_call": {"name": "c"}}
                    """))
        #expect(
            message.toolCalls == [
                ToolCall(id: "1", name: "a", arguments: "{\"x\":1}"),
                ToolCall(id: "", name: "b", arguments: "{\"z\": 1.0, \"a\": 2}"),
                ToolCall(id: "", name: "c", arguments: "{}"),
            ])
    }

    @Test(
        "hold a tool's result as text, whatever it is",
        arguments: [
            ("ok", "ok"), ([["type": "text", "text": "4"]], "4"), ([1, 2], "[1, 2]"), (["r": 1], "{\"r\": 1}"),
            (7, "7"),
            (nil, ""),
        ] as [(JSONValue, String)])
    func toolResults(content: JSONValue, expected: String) throws {
        let message = try ChatMessage(json: ["role": "tool", "tool_call_id": "1", "content": content])
        #expect(message == ChatMessage(role: .tool, content: expected, toolCallID: "1"))
    }

    @Test(
        "that cannot be read are refused with their place",
        arguments: [
            ("", 1), ("role", ["content": "x"]), ("role", ["role": "narrator"]),
            ("content", ["role": "user", "content": 7]),
            ("content[0]", ["role": "user", "content": [["type": "image_url"]]]),
            ("content[0].text", ["role": "user", "content": [["type": "text"]]]),
            ("reasoning_content", ["role": "assistant", "reasoning_content": 1]),
            ("tool_calls[0].name", ["role": "assistant", "tool_calls": [["id": "x"]]]),
        ] as [(String, JSONValue)])
    func refusals(field: String, json: JSONValue) {
        let error = #expect(throws: ChatError.self) { try ChatMessage(json: json) }
        #expect(error?.field == field)
    }
}
