import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// Fields below the top of a body that nobody reads are named by their paths.
@Suite struct NestedFieldTests {
    private func warned(_ reply: Reply) throws -> [String] {
        try reply.json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } ?? []
    }

    /// A field `x` in each kind of object that a chat request may hold.
    private static let chats: [(JSONObject, String)] = [
        (["messages": [["role": "user", "content": "Hi", "x": 1]]], "messages[0].x"),
        (["messages": [["role": "user", "content": "Hi", "name": "Ann"]]], "messages[0].name"),
        (
            ["messages": [["role": "user", "content": [["type": "text", "text": "Hi", "x": 1]]]]],
            "messages[0].content[0].x"
        ),
        (
            [
                "messages": [
                    ["role": "user", "content": "Hi"],
                    ["role": "assistant", "tool_calls": [["id": "1", "x": 1, "function": ["name": "f"]]]],
                    ["role": "tool", "tool_call_id": "1", "name": "f", "content": "1"],
                ]
            ], "messages[1].tool_calls[0].x"
        ),
        (
            [
                "messages": [
                    ["role": "user", "content": "Hi"],
                    ["role": "assistant", "tool_calls": [["id": "1", "function": ["name": "f", "x": 1]]]],
                    ["role": "tool", "tool_call_id": "1", "content": "1"],
                ]
            ], "messages[1].tool_calls[0].function.x"
        ),
        (
            [
                "messages": [
                    ["role": "user", "content": "Hi"],
                    ["role": "assistant", "content": "Ha", "reasoning_details": [["text": "hm", "x": 1]]],
                    ["role": "user", "content": "Hi"],
                ]
            ], "messages[1].reasoning_details[0].x"
        ),
        (["tools": [["type": "function", "x": 1, "function": ["name": "f"]]]], "tools[0].x"),
        (["tools": [["type": "function", "function": ["name": "f", "x": 1]]]], "tools[0].function.x"),
        (
            [
                "tools": [["type": "function", "function": ["name": "f"]]],
                "tool_choice": ["type": "function", "x": 1, "function": ["name": "f"]],
            ], "tool_choice.x"
        ),
        (["response_format": ["type": "json_object", "x": 1]], "response_format.x"),
        (
            ["response_format": ["type": "json_schema", "json_schema": ["schema": ["type": "object"], "x": 1]]],
            "response_format.json_schema.x"
        ),
        (["parallel_tool_calls": false], "parallel_tool_calls"),
        (["tool_call_in_think": "end_thinking"], "tool_call_in_think"),
    ]

    @Test(arguments: chats) func aChatNamesThemByTheirPaths(members: JSONObject, path: String) async throws {
        let client = try APIClient()
        let body = try APIClient.chat(members).adding("max_tokens", 8)
        let reply = try await client.chat(body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try warned(reply) == [path])
        let strict = try await client.chat(body.adding("strict", true))
        #expect(strict.status == 400)
        #expect(try strict.error("param") == .string(path))
    }

    private static let responses: [(JSONObject, String)] = [
        (["input": [["role": "user", "content": "Hi", "x": 1]]], "input[0].x"),
        (
            ["input": [["role": "user", "content": [["type": "input_text", "text": "Hi", "x": 1]]]]],
            "input[0].content[0].x"
        ),
        (
            [
                "input": [
                    ["role": "user", "content": "Hi"],
                    ["type": "function_call", "call_id": "1", "name": "f", "arguments": "{}", "x": 1],
                    ["type": "function_call_output", "call_id": "1", "output": "1"],
                ]
            ], "input[1].x"
        ),
        (["input": "Hi", "tools": [["type": "function", "name": "f", "x": 1]]], "tools[0].x"),
        (["input": "Hi", "text": ["verbosity": "low"]], "text.verbosity"),
        (["input": "Hi", "text": ["format": ["type": "json_object", "x": 1]]], "text.format.x"),
    ]

    @Test(arguments: responses) func aResponseNamesThemByTheirPaths(members: JSONObject, path: String) async throws {
        let client = try APIClient()
        let body = try JSONValue.object(members).adding("max_output_tokens", 8).adding("store", false)
        let reply = try await client.post("/v1/responses", body)
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try warned(reply) == [path])
        let strict = try await client.post("/v1/responses", body.adding("strict", true))
        #expect(strict.status == 400)
        #expect(try strict.error("param") == .string(path))
    }

    @Test func theSameFieldOfManyMessagesIsNamedOnce() async throws {
        let messages = Array(repeating: ["role": "user", "content": "Hi", "id": "m", "y": 1] as JSONValue, count: 4)
        let reply = try await APIClient().chat(["messages": .array(messages), "max_tokens": 8])
        #expect(try warned(reply) == ["messages[0].id", "messages[0].y"])
        let message = try reply.json["warnings"]?[0]?["message"]?.stringValue
        #expect(message == "Unknown field; it has no effect. So it is in 3 more places.")
    }

    /// What replies have, clients hand back.
    @Test func whatRepliesHoldIsKnown() async throws {
        let client = try APIClient()
        let tools: JSONValue = [["type": "function", "function": ["name": "f", "parameters": [:]]]]
        let body = APIClient.chat(["tools": tools, "reasoning_field": "both"])
        try client.prepare(
            "<think>\nhm\n</think>\n\nSo.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>", for: body)
        let message = try #require(try await client.chat(body).message)
        #expect(message["tool_calls"]?[0]?["id"] != nil)
        let answer: JSONValue = ["role": "tool", "tool_call_id": "1", "name": "f", "content": "1"]
        let further = APIClient.chat([
            "messages": [["role": "user", "content": "Hi"], message, answer], "tools": tools, "strict": true,
            "max_tokens": 8,
        ])
        #expect(try await client.chat(further).status == 200)
    }

    @Test func whatResponsesHoldIsKnown() async throws {
        let client = try APIClient()
        let first = try await client.post("/v1/responses", ["input": "Hi", "max_output_tokens": 40]).json
        let items = try #require(first["output"]?.arrayValue)
        let question: JSONValue = ["role": "user", "content": "Hi"]
        let further: JSONValue = [
            "input": .array([question] + items + [question]), "strict": true, "max_output_tokens": 8,
        ]
        let reply = try await client.post("/v1/responses", further)
        #expect(reply.status == 200, "\(reply.text)")
    }
}
