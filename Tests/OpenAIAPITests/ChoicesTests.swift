import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// Several choices of one prompt, and what is told of tokens.
@Suite struct ChoicesTests {
    private static let reply = "<think>\nHm, hm.\n</think>\n\nYes."

    @Test func choicesShareThePromptsComputation() async throws {
        let client = try APIClient()
        let text = String(repeating: "one two three ", count: 15)
        let body = APIClient.chat(["n": 4, "max_tokens": 1], text: text)
        let json = try await client.chat(body).json
        #expect(json["choices"]?.arrayValue?.count == 4)
        let promptCount = try #require(json["usage"]?["prompt_tokens"]?.intValue)
        #expect(promptCount > 64)
        let computed = client.model.served.engine.statistics.prefillTokenCount
        // Of each further choice only what is left of the last block of 32.
        #expect(computed <= promptCount + 3 * 32)
    }

    @Test func eachChoiceOfAStreamHasItsOwnOrderlyEvents() async throws {
        let client = try APIClient()
        try client.prepare(Self.reply, for: APIClient.chat())
        let events = try await client.chat(APIClient.chat(["n": 3, "stream": true])).events
        let whole = try await client.chat(APIClient.chat(["n": 3])).json
        for choice in 0..<3 {
            let expected = Accumulation(whole: try #require(whole["choices"]?[choice]))
            #expect(try Accumulation(events, choice: choice) == expected)
        }
    }

    @Test func logProbabilitiesOfReasoningStandApart() async throws {
        let client = try APIClient()
        try client.prepare(Self.reply, for: APIClient.chat())
        let members: JSONObject = ["logprobs": true, "top_logprobs": 2, "reasoning_logprobs": true]
        let choice = try #require(try await client.chat(APIClient.chat(members)).json["choices"]?[0])
        func text(_ tokens: JSONValue?) -> String? {
            tokens?.arrayValue?.compactMap { $0["token"]?.stringValue }.joined()
        }
        #expect(text(choice["logprobs"]?["content"]) == "Yes.")
        #expect(text(choice["reasoning_logprobs"])?.hasPrefix("Hm, hm.") == true)
        #expect(choice["reasoning_logprobs"]?[0]?["top_logprobs"]?.arrayValue?.count == 2)
        var streamed = members
        streamed["stream"] = true
        let events = try await client.chat(APIClient.chat(streamed)).events
        let reasoning = events.compactMap { text($0["choices"]?[0]?["reasoning_logprobs"]) }.joined()
        #expect(reasoning == text(choice["reasoning_logprobs"]))
        #expect(try Accumulation(events).tokens.joined() == "Yes.")
        let alone = try await client.chat(APIClient.chat(["reasoning_logprobs": true]))
        #expect(alone.status == 400)
        #expect(try alone.error("param") == "reasoning_logprobs")
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/completions"])
    func thePromptsLogProbabilitiesCanBeHad(path: String) async throws {
        let client = try APIClient()
        let body: JSONValue = [
            "messages": [["role": "user", "content": "Hi"]], "prompt": "Hi there", "prompt_logprobs": 1,
            "max_tokens": 1, "n": 2,
        ]
        let json = try await client.post(path, body).json
        let prompt = json["prompt_logprobs"] ?? json["choices"]?[0]?["prompt_logprobs"]
        let entries = try #require(prompt?.arrayValue)
        #expect(entries.count == json["usage"]?["prompt_tokens"]?.intValue)
        #expect(entries.first == .null)
        for entry in entries.dropFirst() {
            let ranks = try #require(entry.objectValue).compactMap { $0.value["rank"]?.intValue }
            #expect(ranks == [1])
        }
        var streamed = try #require(body.objectValue)
        streamed["stream"] = true
        let reply = try await client.post(path, .object(streamed))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "prompt_logprobs")
    }

    @Test(arguments: ["/v1/chat/completions", "/v1/completions"])
    func aStreamCanTellHowFarItsPromptIs(path: String) async throws {
        let client = try APIClient()
        let text = JSONValue.string(String(repeating: "one two three ", count: 15))
        let body: JSONValue = [
            "messages": [["role": "user", "content": text]], "prompt": text, "stream": true, "return_progress": true,
            "stream_options": ["include_usage": true], "max_tokens": 1,
        ]
        for round in 0..<2 {
            let events = try await client.post(path, body).events
            let progress = events.compactMap { $0["prompt_progress"] }
            let last = try #require(progress.last)
            let usage = try #require(events.last?["usage"])
            #expect(last["total"] == usage["prompt_tokens"])
            #expect(last["processed"] == last["total"])
            #expect(last["cache"] == usage["prompt_tokens_details"]?["cached_tokens"])
            #expect((last["cache"]?.intValue ?? 0) > 0 || round == 0)
            #expect(last["time_ms"]?.doubleValue != nil)
        }
    }

    @Test func rawOutputIsReadAsARepliesWouldBe() async throws {
        let client = try APIClient()
        func message(_ members: JSONObject) async throws -> JSONValue? {
            try await client.post("/v1/parse", .object(members)).json["message"]
        }
        let call = "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>"
        let whole = try await message(["text": .string("<think>\nhm\n</think>\n\nYes." + call + "<|im_end|>\nmore")])
        #expect(whole?["reasoning_content"] == "hm")
        #expect(whole?["content"] == "Yes.")
        #expect(whole?["tool_calls"]?[0]?["function"] == ["name": "f", "arguments": "{\"a\": 1}"])
        // As the models of July 2025 write: the prompt has opened the block.
        let unopened = try await message(["text": "hm\n</think>\n\nYes."])
        #expect(unopened?["reasoning_content"] == "hm")
        #expect(unopened?["content"] == "Yes.")
        let open = try await message(["text": "hm", "starts_in": "reasoning"])
        #expect(open?["reasoning_content"] == "hm")
        let plain = try await message(["text": .string(call), "parse_tool_calls": false])
        #expect(plain?["content"]?.stringValue?.contains("\"name\": \"f\"") == true)
        #expect(try await client.post("/v1/parse", ["txt": "x"]).error("param") == "text")
    }
}
