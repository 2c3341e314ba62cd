import JSON
import ServingTestSupport
import Testing

@testable import OllamaAPI

/// How likely tokens were, in Ollama's words.
@Suite struct OllamaLikelihoodTests {
    private static let asked: JSONObject = ["logprobs": true, "top_logprobs": 2, "stream": false]

    /// A model that answers "Hello!" behind a thought, to a chat and to raw text.
    private static func client() throws -> APIClient {
        let client = try OllamaTests.client()
        try client.model.prepare("<think>\nhm\n</think>\n\nHello!", for: OllamaTests.chat(OllamaTests.body()))
        client.model.prepare("Hello!", forText: "Once")
        return client
    }

    private static func text(_ list: JSONValue?) -> String {
        let bytes = (list?.arrayValue ?? []).flatMap { $0["bytes"]?.arrayValue ?? [] }
        return String(decoding: bytes.compactMap { $0.intValue.flatMap(UInt8.init(exactly:)) }, as: UTF8.self)
    }

    private func expectForm(_ list: JSONValue?, others: Int) throws {
        let tokens = try #require(list?.arrayValue)
        for token in tokens {
            #expect(token["token"]?.stringValue?.isEmpty == false)
            #expect(token["logprob"] != nil && token["bytes"] != nil)
            #expect(token["top_logprobs"]?.arrayValue?.count == (others == 0 ? nil : others))
            for other in token["top_logprobs"]?.arrayValue ?? [] {
                #expect(Set((other.objectValue ?? [:]).map(\.key)) == ["token", "logprob", "bytes"])
            }
        }
    }

    @Test func theyAreThoseOfTheAnswer() async throws {
        let client = try Self.client()
        for (path, body) in [
            ("/api/chat", OllamaTests.body(Self.asked)),
            ("/api/generate", .object(Self.asked.merging(["model": "test-model", "prompt": "Hi"]))),
            (
                "/api/generate",
                .object(Self.asked.merging(["model": "test-model", "prompt": "Once", "raw": true]))
            ),
        ] as [(String, JSONValue)] {
            let reply = try await client.post(path, body).json
            #expect(Self.text(reply["logprobs"]) == "Hello!", "\(reply.serialized())")
            #expect(reply["reasoning_logprobs"] == nil)
            try expectForm(reply["logprobs"], others: 2)
            try expectForm(try await client.post(path, body.adding("top_logprobs", 0)).json["logprobs"], others: 0)
            #expect(try await client.post(path, body.adding("logprobs", false)).json["logprobs"] == nil)
        }
    }

    @Test func thoseOfThinkingComeApart() async throws {
        let client = try Self.client()
        let body = OllamaTests.body(Self.asked.merging(["reasoning_logprobs": true]))
        let whole = try await client.post("/api/chat", body).json
        #expect(Self.text(whole["logprobs"]) == "Hello!")
        #expect(Self.text(whole["reasoning_logprobs"]).contains("hm"))
        let lines = try await client.post("/api/chat", body.adding("stream", true)).lines
        // Each line has the tokens of its own text.
        for line in lines where line["done"] == false {
            #expect((line["logprobs"] != nil) == (line["message"]?["content"] != ""))
            #expect((line["reasoning_logprobs"] != nil) == (line["message"]?["thinking"] != nil))
        }
        #expect(lines.flatMap { $0["logprobs"]?.arrayValue ?? [] } == whole["logprobs"]?.arrayValue)
    }

    @Test func whatCannotBeIsRefusedOrNamed() async throws {
        let client = try Self.client()
        let many = try await client.post("/api/chat", OllamaTests.body(["logprobs": true, "top_logprobs": 21]))
        #expect(many.status == 400)
        #expect(try many.json["error"]?.stringValue?.contains("'top_logprobs'") == true)
        for key in ["top_logprobs", "reasoning_logprobs"] {
            let value: JSONValue = key == "top_logprobs" ? 2 : true
            let reply = try await client.post("/api/chat", OllamaTests.body([key: value, "stream": false]))
            #expect(try reply.json["warnings"]?[0]?["param"] == .string(key))
        }
    }

    @Test func aMaximumOf0ComputesThePromptAlone() async throws {
        let client = try Self.client()
        let members: JSONObject = ["options": ["num_predict": 0], "stream": false]
        let reply = try await client.post("/api/chat", OllamaTests.body(members)).json
        #expect(reply["message"]?["content"] == "")
        #expect(reply["done_reason"] == "length")
        #expect(reply["eval_count"] == 0)
        #expect(reply["prompt_eval_count"]?.intValue ?? 0 > 0)
        let lines = try await client.post("/api/chat", OllamaTests.body(members).adding("stream", true)).lines
        #expect(lines.count == 1 && lines[0]["done"] == true)
    }
}
