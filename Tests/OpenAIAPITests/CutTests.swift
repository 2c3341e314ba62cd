import JSON
import ServingTestSupport
import TestSupport
import Testing

@testable import OpenAIAPI

/// Wherever the tokens of a reply are cut on their way, its stream and its whole say the same.
@Suite struct CutTests {
    @Test func noCutChangesAChatCompletion() async throws {
        let client = try APIClient()
        var random = SeededGenerator(seed: 31)
        for round in propertyRounds(300) {
            let reply = RandomReply(of: client.model, &random).tokens
            var members: JSONObject = ["seed": 1, "stream": true]
            if Bool.random(using: &random) { members["tools"] = ChatCompletionsTests.tools }
            if Bool.random(using: &random) { members["stop"] = ["STOP"] }
            if Bool.random(using: &random) { members["logprobs"] = true }
            if Bool.random(using: &random) { members["enable_thinking"] = false }
            if Bool.random(using: &random) { members["separate_reasoning"] = false }
            if Bool.random(using: &random) { members["min_answer_tokens"] = 0 }
            if Bool.random(using: &random) {
                members["thinking_budget"] = .number(Int.random(in: 0...9, using: &random))
            }
            members["max_tokens"] = RandomReply.maximum(&random)
            let body = APIClient.chat(members, text: "Round \(round)")
            try client.prepare(reply, for: body)
            let cut = try await client.cut("/v1/chat/completions", body, &random)
            let left = try Accumulation(cut.streamed.events).withoutIdentifiers()
            let choice = try #require(try cut.whole.json["choices"]?[0])
            let right = Accumulation(whole: choice).withoutIdentifiers()
            #expect(left == right, "round \(round): \(client.model.tokenizer.decode(reply))")
        }
    }

    @Test func noCutChangesACompletion() async throws {
        let client = try APIClient()
        var random = SeededGenerator(seed: 32)
        for round in propertyRounds(300) {
            let reply = RandomReply(of: client.model, &random).tokens
            client.model.replies.prepare(reply, for: client.model.tokens("Round \(round)"))
            var body: JSONObject = ["prompt": .string("Round \(round)"), "stream": true, "seed": 1]
            if Bool.random(using: &random) { body["stop"] = ["STOP"] }
            if Bool.random(using: &random) { body["logprobs"] = 1 }
            if Bool.random(using: &random) { body["echo"] = true }
            body["max_tokens"] = RandomReply.maximum(&random)
            let cut = try await client.cut("/v1/completions", .object(body), &random)
            let choices = try cut.streamed.events.compactMap { $0["choices"]?[0] }
            let whole = try #require(try cut.whole.json["choices"]?[0])
            let place: Comment = "round \(round): \(client.model.tokenizer.decode(reply))"
            #expect(choices.compactMap { $0["text"]?.stringValue }.joined() == whole["text"]?.stringValue, place)
            #expect(choices.last?["finish_reason"] == whole["finish_reason"], place)
            let tokens = choices.flatMap { $0["logprobs"]?["tokens"]?.arrayValue ?? [] }
            #expect(tokens == whole["logprobs"]?["tokens"]?.arrayValue ?? [], place)
        }
    }

    @Test func noCutChangesANativeCompletion() async throws {
        let client = try APIClient()
        var random = SeededGenerator(seed: 33)
        for round in propertyRounds(300) {
            let reply = RandomReply(of: client.model, &random).tokens
            client.model.replies.prepare(reply, for: client.model.tokens("Round \(round)"))
            var body: JSONObject = ["prompt": .string("Round \(round)"), "stream": true, "seed": 1]
            if Bool.random(using: &random) { body["stop"] = ["STOP"] }
            body["n_predict"] = RandomReply.maximum(&random)
            let cut = try await client.cut("/completion", .object(body), &random)
            let events = try cut.streamed.namedEvents.map(\.data)
            let whole = try cut.whole.json
            #expect(events.compactMap { $0["content"]?.stringValue }.joined() == whole["content"]?.stringValue)
            for key in ["stop_type", "stopping_word", "tokens_predicted"] {
                #expect(events.last?[key] == whole[key], "round \(round), \(key)")
            }
        }
    }
}
