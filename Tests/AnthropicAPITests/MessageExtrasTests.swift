import HTTPTypes
import JSON
import Models
import ServingTestSupport
import Testing

@testable import AnthropicAPI

/// What Anthropic's clients read besides the message, and what is Ponder's own.
@Suite struct MessageExtrasTests {
    @Test func thinkingCanBeLeftOutOfTheReply() async throws {
        let client = try MessagesTests.client()
        func body(_ display: JSONValue) -> JSONValue {
            MessagesTests.body(["thinking": ["type": "enabled", "budget_tokens": 50, "display": display]])
        }
        try client.model.prepare("<think>\nhm\n</think>\n\nHello.", for: MessagesTests.request(body("omitted")))
        let omitted = try await client.post("/v1/messages", body("omitted")).json
        #expect(omitted["content"] == [["type": "text", "text": "Hello."]])
        #expect(omitted["usage"]?["output_tokens_details"]?["thinking_tokens"]?.intValue ?? 0 > 0)
        let shown = try await client.post("/v1/messages", body("summarized")).json
        #expect(shown["content"]?[0]?["thinking"] == "hm")
        #expect(try await client.post("/v1/messages", body("other")).status == 400)
    }

    /// Anthropic's client reads it as `_request_id`.
    @Test func everyReplyTellsTheIDOfItsRequest() async throws {
        let client = try MessagesTests.client(keys: ["secret"])
        for (path, key) in [("/v1/messages", "secret"), ("/v1/messages/count_tokens", "secret"), ("/v1/messages", "x")]
        {
            let reply = try await client.send(
                .post, path, headers: [.authorization: "Bearer \(key)"], body: MessagesTests.body().serializedBytes())
            #expect(reply.header("request-id")?.hasPrefix("req_") == true, "\(path) \(reply.status)")
        }
        #expect(try await client.get("/v1/messages/other").header("request-id") != nil)
    }

    /// Of the door, of the key check and of the HTTP layer.
    @Test func everyErrorNamesItsRequest() async throws {
        let client = try MessagesTests.client(keys: ["secret"])
        for (path, key, status) in [
            ("/v1/messages", "secret", 400), ("/v1/messages", "x", 401), ("/v1/messages/other", "secret", 404),
        ] {
            let reply = try await client.send(
                .post, path, headers: [.authorization: "Bearer \(key)"],
                body: MessagesTests.body(["max_tokens": -1]).serializedBytes())
            #expect(reply.status == status)
            let id = try #require(try reply.json["request_id"]?.stringValue)
            #expect(id.hasPrefix("req_") && id == reply.header("request-id"))
        }
    }

    @Test func aMaximumOf0WarmsTheCache() async throws {
        let client = try MessagesTests.client()
        let long = String(repeating: "Tell me of the sea. ", count: 8)
        let body = MessagesTests.body(["max_tokens": 0], text: long)
        let reply = try await client.post("/v1/messages", body).json
        #expect(reply["content"] == [])
        #expect(reply["stop_reason"] == "max_tokens")
        #expect(reply["usage"]?["output_tokens"] == 0)
        #expect(reply["usage"]?["cache_read_input_tokens"] == 0)
        let next = try await client.post("/v1/messages", MessagesTests.body(text: long)).json
        #expect(next["usage"]?["cache_read_input_tokens"]?.intValue ?? 0 > 0)
        let names = try await client.post("/v1/messages", body.adding("stream", true)).namedEvents.map(\.name)
        #expect(names == ["message_start", "ping", "message_delta", "message_stop"])
    }

    @Test func aFactorOfYaRNCanBePinned() async throws {
        var options = TestModel.Options()
        options.contextLength = 800
        options.windows = [ContextWindow(factor: 1, length: 200), ContextWindow(factor: 4, length: 800)]
        let client = try MessagesTests.client(options)
        #expect(try await client.post("/v1/messages", MessagesTests.body(["rope_factor": 4])).status == 200)
        let refused = try await client.post("/v1/messages", MessagesTests.body(["rope_factor": 2]))
        #expect(refused.status == 400)
        #expect(try refused.json["error"]?["message"] == "'rope_factor' must be one of 1 and 4, not 2.")
    }
}
