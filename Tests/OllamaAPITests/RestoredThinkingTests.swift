import APIDoors
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OllamaAPI

@Suite struct RestoredThinkingTests {
    /// Ollama's own clients send calls back without their ids.
    @Test func `thinking that a client drops is put back, without ids of calls too`() async throws {
        var options = TestModel.Options()
        options.reasoningMemory = ReasoningMemory(byteLimit: 1 << 20, lifetime: .seconds(3600))
        let client = try APIClient(options) { .ollama(service: $0, settings: $1) }
        let first: JSONValue = [
            "model": "test-model", "stream": false, "messages": [["role": "user", "content": "Hi"]],
            "tools": [["type": "function", "function": ["name": "fetch", "parameters": ["type": "object"]]]],
        ]
        guard
            case .chat(let request) = try OllamaDecoder.call(
                .chat, from: try #require(first.objectValue), settings: APISettings(version: "")
            ).work
        else {
            Issue.record("no chat")
            return
        }
        try client.model.prepare(
            "<think>\nhm\n</think>\n\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>",
            for: request)
        let message = try #require(try await client.post("/api/chat", first).json["message"])
        #expect(message["thinking"] == "hm")
        let function = try #require(message["tool_calls"]?[0]?["function"])
        let second = try first.adding(
            "messages",
            [
                ["role": "user", "content": "Hi"],
                ["role": "assistant", "content": "", "tool_calls": [["function": function]]],
                ["role": "tool", "tool_name": "fetch", "content": "7"],
            ])
        let reply = try await client.post("/api/chat", second)
        #expect(reply.header("x-restored-reasoning") == "1")
        #expect(try reply.json["restored_reasoning"] == 1)
        let without = try await client.post("/api/chat", second.adding("restore_reasoning", false))
        #expect(without.header("x-restored-reasoning") == nil)
    }
}
