import JSON
import Serving
import ServingTestSupport
import Testing

@Suite struct RestoredThinkingTests {
    @Test func `thinking that a client drops before a tool's result is put back`() async throws {
        var options = TestModel.Options()
        options.reasoningMemory = ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(3600))
        let client = try MessagesTests.client(options)
        let members: JSONObject = ["thinking": ["type": "enabled", "budget_tokens": 50], "tools": MessagesTests.tools]
        let first = MessagesTests.body(members)
        try client.model.prepare(
            "<think>\nhm\n</think>\n\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>",
            for: MessagesTests.request(first))
        let content = try #require(try await client.post("/v1/messages", first).json["content"]?.arrayValue)
        #expect(content.compactMap { $0["type"]?.stringValue } == ["thinking", "tool_use"])
        let result: JSONValue = [
            "type": "tool_result", "tool_use_id": try #require(content[1]["id"]), "content": "7",
        ]
        let second = try MessagesTests.body(members).adding(
            "messages",
            [
                ["role": "user", "content": "Hi"], ["role": "assistant", "content": [content[1]]],
                ["role": "user", "content": [result]],
            ])
        let reply = try await client.post("/v1/messages", second)
        #expect(reply.header("x-restored-reasoning") == "1")
        #expect(try reply.json["usage"]?["restored_reasoning"] == 1)
        let without = try await client.post("/v1/messages", second.adding("restore_reasoning", false))
        #expect(try without.json["usage"]?["restored_reasoning"] == nil)
    }
}
