import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// A maximum of 0: the prompt is computed, for those that come later, and nothing is generated.
@Suite struct EmptyReplyTests {
    private static let long = String(repeating: "Tell me of the sea. ", count: 8)

    @Test(arguments: ["max_tokens", "max_completion_tokens"]) func aChatIsEmpty(name: String) async throws {
        let client = try APIClient()
        let members: JSONObject = [name: 0, "n": 2, "logprobs": true]
        let json = try await client.chat(APIClient.chat(members, text: Self.long)).json
        let choices = try #require(json["choices"]?.arrayValue)
        #expect(choices.count == 2)
        for choice in choices {
            #expect(choice["message"]?["content"] == "")
            #expect(choice["finish_reason"] == "length")
            #expect(choice["finish_details"] == nil)
        }
        #expect(json["usage"]?["completion_tokens"] == 0)
        let next = try await client.chat(APIClient.chat(["max_tokens": 1], text: Self.long)).json
        #expect(next["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.intValue ?? 0 > 0)
        let streamed = try await client.chat(APIClient.chat(["max_tokens": 0, "stream": true], text: Self.long))
        #expect(try Accumulation(streamed.events).content == "")
        #expect(try streamed.events.last?["choices"]?[0]?["finish_reason"] == "length")
    }

    @Test func aChatHeldToAFormOrToACallIsEmptyToo() async throws {
        let client = try APIClient()
        let tool: JSONValue = ["type": "function", "function": ["name": "f"]]
        for members: JSONObject in [
            ["response_format": ["type": "json_object"]], ["tools": [tool], "tool_choice": "required"],
            ["response_format": ["type": "json_object"], "close_json_on_length": true],
        ] {
            let reply = try await client.chat(APIClient.chat(members.merging(["max_tokens": 0])))
            #expect(reply.status == 200, "\(reply.text)")
            #expect(try reply.json["usage"]?["completion_tokens"] == 0)
        }
    }

    @Test func aCompletionIsEmpty() async throws {
        let client = try APIClient()
        for (path, body, text) in [
            ("/v1/completions", ["prompt": "Once", "max_tokens": 0], ""),
            ("/v1/completions", ["prompt": "Once", "max_tokens": 0, "echo": true], "Once"),
        ] as [(String, JSONValue, String)] {
            let json = try await client.post(path, body).json
            #expect(json["choices"]?[0]?["text"] == .string(text))
            #expect(json["choices"]?[0]?["finish_reason"] == "length")
            #expect(json["usage"]?["completion_tokens"] == 0)
        }
        let native = try await client.post("/completion", ["prompt": "Once", "n_predict": 0]).json
        #expect(native["content"] == "")
        #expect(native["stop_type"] == "limit")
        #expect(native["tokens_predicted"] == 0)
    }

    @Test func aResponseIsIncomplete() async throws {
        let json = try await APIClient().post("/v1/responses", ["input": "Hi", "max_output_tokens": 0]).json
        #expect(json["output"] == [])
        #expect(json["status"] == "incomplete")
        #expect(json["incomplete_details"]?["reason"] == "max_output_tokens")
        #expect(json["usage"]?["output_tokens"] == 0)
    }
}
