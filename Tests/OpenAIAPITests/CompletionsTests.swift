import Engine
import JSON
import ServingTestSupport
import Testing
import Tokens

@Suite struct CompletionsTests {
    private func complete(_ client: APIClient, _ body: JSONValue) async throws -> Reply {
        try await client.post("/v1/completions", body)
    }

    @Test func aWholeCompletionHasExactlyTheFieldsThatClientsExpect() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let json = try await complete(client, ["model": "test-model", "prompt": "Once"]).json
        #expect(json["id"]?.stringValue?.hasPrefix("cmpl-") == true)
        #expect(json["object"] == "text_completion")
        #expect(
            json["choices"]
                == [["index": 0, "text": " upon a time", "logprobs": nil, "finish_reason": "stop"]])
        #expect(json["usage"]?["prompt_tokens"]?.intValue == client.model.tokens("Once").count)
    }

    @Test func allFourKindsOfPromptAreRead() async throws {
        let client = try APIClient()
        client.model.prepare(" one", forText: "A")
        client.model.prepare(" two", forText: "B")
        let first = JSONValue.array(client.model.tokens("A").map { .number($0.index) })
        let second = JSONValue.array(client.model.tokens("B").map { .number($0.index) })
        let prompts: [(JSONValue, [JSONValue?])] = [
            ("A", [" one"]), (["A", "B"], [" one", " two"]), (first, [" one"]), ([first, second], [" one", " two"]),
        ]
        for (prompt, texts) in prompts {
            let json = try await complete(client, ["prompt": prompt]).json
            #expect(json["choices"]?.arrayValue?.map { $0["text"] } == texts)
            #expect(json["choices"]?.arrayValue?.map { $0["index"]?.intValue } == Array(texts.indices))
        }
    }

    @Test func timingsTellOfGuessesWhereThereWereAny() async throws {
        let body: JSONValue = ["prompt": "Once", "max_tokens": 40]
        var options = TestModel.Options()
        for speculation in [Speculation.off, Speculation(isAdaptive: false)] {
            options.speculation = speculation
            let client = try APIClient(options)
            client.model.prepare(String(repeating: ".,", count: 40), forText: "Once")
            let timings = try await complete(client, body).json["timings"]
            #expect(timings?["predicted_n"] == 40)
            if speculation == .off {
                #expect(timings?["draft_n"] == nil)
                #expect(timings?["draft_n_accepted"] == nil)
            } else {
                let (proposed, accepted) = (timings?["draft_n"]?.intValue, timings?["draft_n_accepted"]?.intValue)
                #expect(try #require(accepted) > 20)
                #expect(try #require(proposed) >= #require(accepted))
            }
        }
    }

    @Test func sixteenTokensAreTheDefault() async throws {
        let client = try APIClient()
        client.model.prepare(String(repeating: ".,", count: 40), forText: "Once")
        let json = try await complete(client, ["prompt": "Once"]).json
        #expect(json["usage"]?["completion_tokens"] == 16)
        #expect(json["choices"]?[0]?["finish_reason"] == "length")
    }

    @Test func echoAndLogProbabilitiesScoreAPrompt() async throws {
        let client = try APIClient()
        let body: JSONValue = [
            "prompt": "Once upon a", "echo": true, "logprobs": 2, "max_tokens": 1, "temperature": 0,
        ]
        client.model.prepare(" time", forText: "Once upon a")
        let choice = try #require(try await complete(client, body).json["choices"]?[0])
        let logprobs = try #require(choice["logprobs"]?.objectValue)
        #expect(logprobs.keys == ["tokens", "token_logprobs", "top_logprobs", "text_offset"])
        let count = client.model.tokens("Once upon a").count + 1
        #expect(logprobs.values.allSatisfy { $0.arrayValue?.count == count })
        #expect(logprobs["token_logprobs"]?[0] == .some(.null))
        #expect(logprobs["top_logprobs"]?[0] == .some(.null))
        #expect(logprobs["text_offset"]?[0] == 0)
        let tokens = logprobs["tokens"]?.arrayValue?.compactMap(\.stringValue) ?? []
        #expect(tokens.joined() == choice["text"]?.stringValue)
        for index in 1..<count {
            let top = logprobs["top_logprobs"]?[index]?.objectValue
            #expect(top?[tokens[index]] == logprobs["token_logprobs"]?[index])
            #expect((top?.count ?? 0) >= 2)
        }
    }

    @Test func tokensMayBeNamedByTheirIds() async throws {
        let client = try APIClient()
        client.model.prepare(" time", forText: "Once")
        let body: JSONValue = ["prompt": "Once", "logprobs": 0, "return_tokens_as_token_ids": true]
        let tokens = try await complete(client, body).json["choices"]?[0]?["logprobs"]?["tokens"]
        #expect(tokens == .array(client.model.tokens(" time").map { .string("token_id:\($0)") }))
    }

    @Test func aStreamIsMadeOfTheSameObject() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let body: JSONValue = [
            "prompt": ["Once", "Once"], "stream": true, "n": 2, "logprobs": 1,
            "stream_options": ["include_usage": true],
        ]
        let events = try await complete(client, body).events
        #expect(events.allSatisfy { $0["object"] == "text_completion" })
        for choice in 0..<4 {
            let parts = events.compactMap { $0["choices"]?[0] }.filter { $0["index"]?.intValue == choice }
            #expect(parts.compactMap { $0["text"]?.stringValue }.joined() == " upon a time")
            #expect(parts.compactMap { $0["finish_reason"]?.stringValue } == ["stop"])
            let tokens = parts.flatMap { $0["logprobs"]?["tokens"]?.arrayValue ?? [] }
            #expect(tokens.compactMap(\.stringValue).joined() == " upon a time")
        }
        #expect(events.last?["choices"] == [])
        #expect(events.last?["usage"]?["prompt_tokens"]?.intValue == 2 * client.model.tokens("Once").count)
    }

    @Test func aRefusalSpeaksOfTheFieldByItsName() async throws {
        let refused = try await complete(try APIClient(), ["prompt": "a", "logprobs": 21])
        #expect(try refused.error("message")?.stringValue?.contains("'logprobs'") == true)
    }

    /// What is refused, and by which name.
    static let refused: [(body: JSONObject, param: String, code: String?)] = [
        (["prompt": "a", "suffix": "b"], "suffix", "unsupported_value"),
        (["prompt": "a", "best_of": 2], "best_of", "unsupported_value"),
        (["prompt": "a", "logprobs": 21], "logprobs", nil),
        (["prompt": "a", "logprobs": "5"], "logprobs", nil),
        (["prompt": "a", "echo": 1], "echo", nil),
        (["prompt": "a", "max_tokens": -1], "max_tokens", nil),
        (["prompt": ""], "prompt", nil),
        (["prompt": []], "prompt", nil),
        (["prompt": 7], "prompt", nil),
        (["prompt": ["a", 7]], "prompt[1]", nil),
        (["prompt": [1, "a"]], "prompt[1]", nil),
        (["prompt": [[1], ["a"]]], "prompt[1][0]", nil),
        (["prompt": [1, -1]], "prompt", nil),
        (["prompt": [1.5]], "prompt[0]", nil),
        ([:], "prompt", nil),
    ]

    @Test(arguments: refused.indices) func whatIsWrongIsRefusedByItsName(index: Int) async throws {
        let (body, param, code) = Self.refused[index]
        let reply = try await complete(try APIClient(), .object(body))
        #expect(reply.status == 400)
        #expect(try reply.error("param")?.stringValue == param)
        #expect(try reply.error("code")?.stringValue == code)
    }

    @Test func aPromptThatIsTooLongIsRefusedByItsName() async throws {
        let reply = try await complete(
            try APIClient(), ["prompt": .array(Array(repeating: .number(1), count: 600))])
        #expect(reply.status == 400)
        #expect(try reply.error("code") == "context_length_exceeded")
        #expect(try reply.error("param") == "prompt")
        #expect(try reply.error("n_prompt_tokens") == 600)
    }

    @Test func harmlessValuesOfUnsupportedFieldsPass() async throws {
        let reply = try await complete(try APIClient(), ["prompt": "a", "suffix": nil, "best_of": 1, "user": nil])
        #expect(reply.status == 200)
        #expect(try reply.json["warnings"] == nil)
    }
}
