import APIDoors
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// Clients that drop reasoning between the steps of a tool call, as most of OpenAI's do, and what their replies say of it.
@Suite struct RestoredReasoningTests {
    private static let reply =
        "<think>\nhm\n</think>\n\nSo.\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>"
    private static let tools: JSONValue = [
        ["type": "function", "function": ["name": "fetch", "parameters": ["type": "object", "properties": [:]]]]
    ]

    private func client(keys: [String] = []) throws -> APIClient {
        var options = TestModel.Options()
        options.reasoningMemory = ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(3600))
        return try APIClient(options, keys: keys)
    }

    /// The second step of a chat whose first was answered, without the reasoning of the first.
    private func secondStep(_ client: APIClient, headers: HTTPFields = [:]) async throws -> JSONValue {
        let first = APIClient.chat(["tools": Self.tools])
        try client.prepare(Self.reply, for: first)
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: headers, body: first.serializedBytes())
        var message = try #require(try reply.message?.objectValue)
        #expect(message["reasoning_content"] == "hm")
        #expect(reply.header("x-restored-reasoning") == nil)
        message["reasoning_content"] = nil
        let call = try #require(message["tool_calls"]?[0]?["id"])
        return APIClient.chat([
            "tools": Self.tools,
            "messages": [
                ["role": "user", "content": "Hi"], .object(message),
                ["role": "tool", "tool_call_id": call, "content": "7"],
            ],
        ])
    }

    @Test func `a chat says in head and usage that reasoning was put back`() async throws {
        let client = try client()
        let body = try await secondStep(client)
        let reply = try await client.chat(body)
        #expect(reply.header("x-restored-reasoning") == "1")
        #expect(try reply.json["usage"]?["prompt_tokens_details"]?["restored_reasoning"] == 1)
        let streamed = try await client.chat(
            body.adding("stream", true).adding("stream_options", ["include_usage": true]))
        #expect(streamed.header("x-restored-reasoning") == "1")
        #expect(try streamed.events.last?["usage"]?["prompt_tokens_details"]?["restored_reasoning"] == 1)
        let preview = try await client.post("/v1/chat/completions?dry_run=1", body).json
        #expect(preview["effective"]?["restored_reasoning"] == 1)
        #expect(preview["prompt"]?.stringValue?.contains("<think>\nhm\n</think>") == true)
        let counted = try await client.post("/v1/chat/completions/input_tokens", body).json["input_tokens"]
        #expect(try counted == reply.json["usage"]?["prompt_tokens"])
    }

    @Test func `a request that does not want it gets none`() async throws {
        let client = try client()
        let body = try await secondStep(client).adding("restore_reasoning", false)
        let reply = try await client.chat(body)
        #expect(reply.header("x-restored-reasoning") == nil)
        #expect(try reply.json["usage"]?["prompt_tokens_details"]?["restored_reasoning"] == nil)
        #expect(try reply.json["warnings"] == nil)
    }

    @Test func `another key gets none`() async throws {
        let client = try client(keys: ["one", "two"])
        let mine: HTTPFields = [.authorization: "Bearer one"]
        let body = try await secondStep(client, headers: mine)
        for (key, count) in [("two", nil), ("one", "1")] {
            let reply = try await client.send(
                .post, "/v1/chat/completions", headers: [.authorization: "Bearer \(key)"], body: body.serializedBytes())
            #expect(reply.header("x-restored-reasoning") == count)
        }
    }

    @Test func `a response that is not stored gets reasoning back that its input left out`() async throws {
        let client = try client()
        let first = ResponsesTests.body(["tools": ResponsesTests.tools, "store": false])
        try client.model.prepare(Self.reply, for: ResponsesTests.request(first))
        let output = try #require(try await client.post("/v1/responses", first).json["output"]?.arrayValue)
        let items = output.filter { $0["type"] != "reasoning" }
        #expect(items.count == 2)
        let result: JSONValue = [
            "type": "function_call_output", "call_id": try #require(items.last?["call_id"]), "output": "7",
        ]
        let input: JSONValue = .array([["role": "user", "content": "Hi"]] + items + [result])
        let second = try ResponsesTests.body(["tools": ResponsesTests.tools, "store": false]).adding("input", input)
        let reply = try await client.post("/v1/responses", second)
        #expect(reply.header("x-restored-reasoning") == "1")
        #expect(try reply.json["usage"]?["input_tokens_details"]?["restored_reasoning"] == 1)
        let without = try await client.post("/v1/responses", second.adding("restore_reasoning", false))
        #expect(without.header("x-restored-reasoning") == nil)
    }
}
