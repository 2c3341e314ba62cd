import JSON
import ServingTestSupport
import Testing

/// Fields below the top of a body that nobody reads are named by their paths.
@Suite struct NestedFieldTests {
    /// A field `x` in each kind of object that a request may hold.
    private static let nested: [(JSONObject, String)] = [
        (["messages": [["role": "user", "content": "Hi", "x": 1]]], "messages[0].x"),
        (
            ["messages": [["role": "user", "content": [["type": "text", "text": "Hi", "x": 1]]]]],
            "messages[0].content[0].x"
        ),
        (["system": [["type": "text", "text": "Hi", "x": 1]]], "system[0].x"),
        (
            [
                "messages": [
                    ["role": "user", "content": "Hi"],
                    ["role": "assistant", "content": [["type": "tool_use", "id": "1", "name": "f", "x": 1]]],
                    [
                        "role": "user",
                        "content": [["type": "tool_result", "tool_use_id": "1", "content": "1", "is_error": false]],
                    ],
                ]
            ], "messages[1].content[0].x"
        ),
        (["tools": [["name": "f", "x": 1]]], "tools[0].x"),
        (["tools": MessagesTests.tools, "tool_choice": ["type": "auto", "x": 1]], "tool_choice.x"),
        (
            ["output_config": ["format": ["type": "json_schema", "schema": ["type": "object"], "x": 1]]],
            "output_config.format.x"
        ),
    ]

    @Test(arguments: nested) func unknownFieldsAreNamedByTheirPaths(members: JSONObject, path: String) async throws {
        let client = try MessagesTests.client()
        let body = try MessagesTests.body(members).adding("max_tokens", 8)
        let reply = try await client.post("/v1/messages", body)
        #expect(reply.status == 200, "\(reply.text)")
        let warned = try reply.json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue }
        #expect(warned == [path])
        #expect(try await client.post("/v1/messages", body.adding("strict", true)).status == 400)
    }

    /// What an answer is to be held to, by the names of other dialects: a reply that passed it over would not be what was
    /// asked for.
    @Test(arguments: ["response_format", "format", "guided_json", "json_schema", "structured_outputs"])
    func formsOfOtherDialectsAreRefused(field: String) async throws {
        let client = try MessagesTests.client()
        let reply = try await client.post("/v1/messages", MessagesTests.body([field: ["type": "json_object"]]))
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?["type"] == "invalid_request_error")
        #expect(reply.text.contains("'\(field)'"))
    }

    @Test func whatClientsCacheAndHandBackIsKnown() async throws {
        let cached: JSONValue = ["type": "ephemeral"]
        let body = MessagesTests.body([
            "system": [["type": "text", "text": "Be brief.", "cache_control": cached]],
            "messages": [
                ["role": "user", "content": [["type": "text", "text": "Hi", "cache_control": cached]]],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "thinking", "thinking": "hm", "signature": "s"],
                        ["type": "redacted_thinking", "data": "d"],
                        ["type": "tool_use", "id": "1", "name": "fetch", "input": [:], "cache_control": cached],
                    ],
                ],
                ["role": "user", "content": [["type": "tool_result", "tool_use_id": "1", "cache_control": cached]]],
                ["role": "assistant", "content": [["type": "tool_use", "id": "2", "name": "fetch", "input": [:]]]],
                [
                    "role": "user",
                    "content": [
                        ["type": "tool_result", "tool_use_id": "2", "content": "No such page", "is_error": true]
                    ],
                ],
            ],
            "tools": [["name": "fetch", "input_schema": ["type": "object"], "cache_control": cached]],
            "max_tokens": 8, "strict": true,
        ])
        let reply = try await MessagesTests.client().post("/v1/messages", body)
        #expect(reply.status == 200, "\(reply.text)")
    }
}
