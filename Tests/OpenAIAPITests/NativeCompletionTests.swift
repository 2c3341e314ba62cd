import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

@Suite struct NativeCompletionTests {
    @Test func rawTextGoesOn() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let json = try await client.post("/completion", ["prompt": "Once", "n_predict": -1, "seed": -1]).json
        #expect(json["content"] == " upon a time")
        #expect(json["stop"] == true)
        #expect(json["stop_type"] == "eos")
        #expect(json["prompt"] == "Once")
        #expect(json["tokens_evaluated"]?.intValue ?? 0 > 0)
        #expect(json["timings"]?["predicted_n"] == json["tokens_predicted"])
    }

    @Test func aStreamHasThePiecesAndALastEventWithTheCounts() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let events = try await client.post("/completion", ["prompt": "Once", "stream": true]).namedEvents.map(\.data)
        #expect(events.compactMap { $0["content"]?.stringValue }.joined() == " upon a time")
        #expect(events.dropLast().allSatisfy { $0["stop"] == false })
        #expect(events.last?["stop"] == true)
        #expect(events.last?["tokens_predicted"]?.intValue ?? 0 > 0)
    }

    @Test func tokensAreToldWithTheirLikelihoodsWhereTheyAreAskedFor() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let ids = client.model.tokens(" upon a time").map { JSONValue.number($0.index) }
        var body: JSONObject = ["prompt": "Once", "n_probs": 2, "return_tokens": true]
        let whole = try await client.post("/completion", .object(body)).json
        #expect(whole["tokens"] == .array(ids))
        let probabilities = try #require(whole["completion_probabilities"]?.arrayValue)
        #expect(probabilities.map { $0["id"] ?? .null } == ids)
        #expect(probabilities.compactMap { $0["token"]?.stringValue }.joined() == " upon a time")
        for token in probabilities {
            #expect(token.objectValue?.keys == ["id", "token", "logprob", "bytes", "top_logprobs"])
            #expect(token["top_logprobs"]?.arrayValue?.count == 2)
            #expect(token["top_logprobs"]?[0]?["id"] == token["id"])
        }
        body["stream"] = true
        let events = try await client.post("/completion", .object(body)).namedEvents.map(\.data)
        #expect(events.flatMap { $0["tokens"]?.arrayValue ?? [] } == ids)
        #expect(events.flatMap { $0["completion_probabilities"]?.arrayValue ?? [] } == probabilities)
        let plain = try await client.post("/completion", ["prompt": "Once", "n_probs": 0]).json
        #expect(plain["tokens"] == [] && plain["completion_probabilities"] == nil && plain["warnings"] == nil)
        let refused = try await client.post("/completion", ["prompt": "Once", "n_probs": 21])
        #expect(try refused.error("param") == "n_probs")
    }

    @Test func severalPromptsOfEveryKindAreContinuedEach() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let ids = client.model.tokens("Once").map { JSONValue.number($0.index) }
        let last = try #require(client.model.tokens("ce").map { JSONValue.number($0.index) }.first)
        let prompts: [JSONValue] = [
            "Once", .array(ids), ["prompt_string": "Once"], .array(["On", last]), .array(ids + [""]),
        ]
        let replies = try await client.post("/completion", ["prompt": .array(prompts), "n_predict": 20]).json
        #expect(replies.arrayValue?.count == prompts.count)
        for (index, prompt) in prompts.enumerated() {
            #expect(replies[index]?["index"] == .number(index))
            #expect(replies[index]?["prompt"] == prompt)
            #expect(replies[index]?["timings"]?["predicted_n"] == replies[index]?["tokens_predicted"])
            if index != 3 { #expect(replies[index]?["content"] == " upon a time") }
        }
        #expect(replies[0]?["tokens_evaluated"] == .number(ids.count))
        #expect(replies[3]?["tokens_evaluated"] == .number(client.model.tokens("On").count + 1))
        let events = try await client.post("/completion", ["prompt": ["Once", "Once"], "stream": true, "n_cmpl": 2])
            .namedEvents.map(\.data)
        for index in 0..<4 {
            let own = events.filter { $0["index"] == .number(index) }
            #expect(own.compactMap { $0["content"]?.stringValue }.joined() == " upon a time")
            #expect(own.filter { $0["stop"] == true }.count == 1)
            #expect(own.last?["tokens_evaluated"] == .number(ids.count))
        }
        // As in llama-server, a list of one is one.
        #expect(try await client.post("/completion", ["prompt": ["Once"]]).json["content"] == " upon a time")
    }

    @Test(
        arguments: [
            ([], "prompt"), (["Once", nil], "prompt[1]"), (true, "prompt"), ([1, true], "prompt[1]"),
            ([["x": 1]], "prompt[0].prompt_string"), ([[1, [2]]], "prompt[0][1]"),
            (["prompt_string": "a", "multimodal_data": ["x"]], "prompt.multimodal_data"),
        ] as [(JSONValue, String)])
    func aPromptOfNoKnownKindIsNamed(prompt: JSONValue, field: String) async throws {
        let refused = try await APIClient().post("/completion", ["prompt": prompt])
        #expect(refused.status == 400)
        #expect(try refused.error("param") == .string(field))
    }

    @Test func theSettingsThatHeldAreTold() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let body: JSONObject = [
            "prompt": "Once", "temperature": 0.5, "seed": 7, "top_k": 3, "stop": ["x"], "logit_bias": ["5": 1.5],
            "n_probs": 2, "n_predict": 9,
        ]
        let settings = try await client.post("/completion", .object(body)).json["generation_settings"]
        #expect(settings?["temperature"] == 0.5)
        #expect(settings?["seed"] == 7)
        #expect(settings?["top_k"] == 3)
        #expect(settings?["top_p"]?.doubleValue == 0.95)
        #expect(settings?["stop"] == ["x"])
        #expect(settings?["n_predict"] == 9)
        #expect(settings?["n_probs"] == 2)
        #expect(settings?["stream"] == false)
        #expect(settings?["n_ctx"] == 512)
        #expect(settings?["logit_bias"] == [["bias": 1.5, "token": 5]])
        var chosen = body
        chosen["response_fields"] = ["content", "generation_settings/n_predict", "none"]
        let some = try await client.post("/completion", .object(chosen)).json
        #expect(some.objectValue?.keys == ["content", "n_predict"])
    }

    @Test func whatStoppedIsNamed() async throws {
        let client = try APIClient()
        client.model.prepare(" upon a time", forText: "Once")
        let word = try await client.post("/completion", ["prompt": "Once", "stop": ["x", " a "]]).json
        #expect(word["content"] == " upon")
        #expect(word["stop_type"] == "word")
        #expect(word["stopping_word"] == " a ")
        let limit = try await client.post("/completion", ["prompt": "Once", "n_predict": 1]).json
        #expect(limit["stop_type"] == "limit")
        #expect(limit["tokens_predicted"] == 1)
    }

    @Test func textIsHeldToAGrammarOrASchema() async throws {
        let client = try APIClient()
        let grammar: JSONObject = ["prompt": "Once", "grammar": "root ::= \"a\" [0-9]{2}", "json_schema": [:]]
        let text = try await client.post("/completion", .object(grammar)).json["content"]?.stringValue ?? ""
        #expect(text.wholeMatch(of: #/a[0-9]{2}/#) != nil, "\(text)")
        let schema: JSONObject = ["prompt": "Once", "json_schema": ["enum": ["yes", "no"]]]
        let word = try await client.post("/completion", .object(schema)).json["content"]?.stringValue ?? ""
        #expect(["\"yes\"", "\"no\""].contains(word))
    }

    @Test func badGrammarsAreRefusedWithTheirPlaceAndUnknownFieldsNamed() async throws {
        let client = try APIClient()
        let refused = try await client.post("/completion", ["prompt": "Once", "grammar": "root ::= x"])
        #expect(refused.status == 400)
        #expect(try refused.error("param") == "grammar")
        #expect(try refused.error("message")?.stringValue?.contains("line 1, column 10") == true)
        let both = try await client.post(
            "/completion", ["prompt": "Once", "grammar": "root ::= \"x\"", "json_schema": true])
        #expect(both.status == 400)
        let warned = try await client.post("/completion", ["prompt": "Once", "mirostat": 2]).json
        #expect(warned["warnings"]?[0]?["param"] == "mirostat")
    }

    @Test func propertiesAndSlotsAreShown() async throws {
        let client = try APIClient()
        let properties = try await client.get("/props").json
        #expect(properties["default_generation_settings"]?["n_ctx"] == 512)
        #expect(properties["default_generation_settings"]?["params"]?["top_p"]?.doubleValue == 0.95)
        let direct = properties["default_generation_settings"]?["params_without_thinking"]
        #expect(direct?["temperature"]?.doubleValue == 0.7)
        #expect(direct?["top_p"]?.doubleValue == 0.8)
        #expect(properties["chat_template"]?.stringValue?.contains("<|im_start|>") == true)
        #expect(properties["model_alias"] == "test-model")
        let slots = try await client.get("/slots").json
        #expect(slots[0]?["is_processing"] == false)
        #expect(slots.arrayValue?.count == properties["total_slots"]?.intValue)
    }
}
