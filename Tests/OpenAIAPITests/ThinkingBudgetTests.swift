import JSON
import Serving
import ServingTestSupport
import Testing
import Tokens

@testable import OpenAIAPI

/// Thinking that is brought to an end, by every field that can ask for it.
@Suite struct ThinkingBudgetTests {
    private static let official =
        "Considering the limited time by the user, I have to give the solution based on the thinking directly now."

    private func choice(_ client: APIClient, _ members: JSONObject) async throws -> (JSONValue, Int) {
        let json = try await client.chat(APIClient.chat(members)).json
        let reasoning = json["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.intValue
        return (try #require(json["choices"]?[0], "\(json.serialized())"), try #require(reasoning))
    }

    private static let fields: [@Sendable (Int) -> JSONObject] = [
        { ["thinking_budget": .number($0)] },
        { ["thinking_token_budget": .number($0)] },
        { ["thinking_budget_tokens": .number($0)] },
        { ["reasoning_budget_tokens": .number($0)] },
        { ["thinking": ["type": "enabled", "budget_tokens": .number($0)]] },
        { ["reasoning": ["max_tokens": .number($0)]] },
        { ["reasoning_effort": "max", "thinking_budget": .number($0), "thinking_token_budget": -1] },
        { ["custom_params": ["thinking_budget": .number($0)]] },
    ]

    @Test func levelsOfThinkAreBudgets() throws {
        for (level, budget): (String, Int?) in [("low", 1024), ("medium", 4096), ("high", 16_384), ("max", nil)] {
            let body = APIClient.chat(["think": .string(level)])
            let request = try ChatCompletionDecoder.call(from: try #require(body.objectValue)).request
            #expect(request.thinking == true)
            #expect(request.thinkingBudget == budget)
        }
    }

    @Test func reasoningOfEarlierTurnsStaysWhereItIsAskedFor() async throws {
        let client = try APIClient()
        let messages: JSONValue = [
            ["role": "user", "content": "One?"],
            ["role": "assistant", "content": "Two <think>.", "reasoning_content": "hm </think>"],
            ["role": "user", "content": "Three?"],
        ]
        let stripped = try await client.post("/apply-template", ["messages": messages]).json
        let kept = try await client.post("/apply-template", ["messages": messages, "preserve_thinking": true]).json
        let before = try #require(stripped["prompt"]?.stringValue)
        #expect(!before.contains("hm"))
        let after = "assistant\n<think>\nhm </think>\n</think>\n\nTwo <think>."
        #expect(kept["prompt"]?.stringValue == before.replacing("assistant\nTwo <think>.", with: after))
        // The tags are tokens, and what only looks like them is not.
        let open = try #require(client.model.tokenizer.token("<think>"))
        let ids = kept["tokens"]?.arrayValue?.compactMap(\.intValue) ?? []
        #expect(ids.count { $0 == open.index } == 1)
    }

    @Test func penaltiesCanLeaveReasoningAlone() async throws {
        let client = try APIClient.endlessThinker()
        let members: JSONObject = ["thinking_budget": 40, "frequency_penalty": 2, "temperature": 0, "max_tokens": 200]
        let (everywhere, _) = try await choice(client, members)
        var scoped = members
        scoped["penalty_scope"] = "content"
        let (apart, _) = try await choice(client, scoped)
        let plain = String(repeating: "h", count: 39)
        #expect(apart["message"]?["reasoning_content"]?.stringValue?.hasPrefix(plain) == true)
        #expect(apart["message"]?["content"] == "Yes.")
        #expect(everywhere["message"]?["reasoning_content"]?.stringValue?.hasPrefix(plain) == false)
    }

    @Test func prioritiesHaveARange() async throws {
        let client = try APIClient()
        #expect(try await client.chat(APIClient.chat(["priority": -5, "strict": true])).status == 200)
        let reply = try await client.chat(APIClient.chat(["priority": 1001]))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "priority")
    }

    @Test(arguments: fields)
    func aBudgetCountsExactlyByEveryName(_ field: @Sendable (Int) -> JSONObject) async throws {
        let client = try APIClient.endlessThinker()
        let phrase = client.model.tokens("\n\n" + Self.official + "\n</think>").count
        for budget in [2, 3, 64] {
            let (choice, reasoning) = try await choice(client, field(budget))
            #expect(reasoning == budget + phrase, "\(field(budget))")
            #expect(choice["message"]?["content"] == "Yes.")
            let thoughts = choice["message"]?["reasoning_content"]?.stringValue
            #expect(thoughts == String(repeating: "h", count: budget - 1) + "\n\n" + Self.official)
            #expect(choice["finish_reason"] == "stop")
            #expect(choice["finish_details"] == ["reasoning_end": "budget"])
        }
    }

    @Test func aBudgetOfNothingEndsThinkingWithItsOpeningTag() async throws {
        let client = try APIClient.endlessThinker()
        let (choice, _) = try await choice(client, ["thinking_budget": 0])
        #expect(choice["message"]?["content"] == "Yes.")
        #expect(choice["message"]?["reasoning_content"]?.stringValue?.hasSuffix(Self.official) == true)
    }

    @Test(arguments: [("minimal", 256), ("low", 1024)])
    func aLevelOfEffortIsABudget(level: String, budget: Int) async throws {
        let client = try APIClient.endlessThinker()
        let phrase = client.model.tokens("\n\n" + Self.official + "\n</think>").count
        let (_, reasoning) = try await choice(client, ["reasoning_effort": .string(level)])
        #expect(reasoning == budget + phrase)
    }

    @Test func theSmallestBudgetHoldsAndTheOthersAreWarnedOf() async throws {
        let client = try APIClient.endlessThinker()
        let body = APIClient.chat(["thinking_budget": 40, "reasoning": ["max_tokens": 8], "reasoning_effort": "low"])
        let json = try await client.chat(body).json
        let warned = json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue }
        #expect(Set(warned ?? []) == ["thinking_budget", "reasoning_effort"])
        let phrase = client.model.tokens("\n\n" + Self.official + "\n</think>").count
        #expect(json["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.intValue == 8 + phrase)
    }

    @Test func switchesThatContradictEachOtherAreWarnedOf() async throws {
        let client = try APIClient()
        let body = APIClient.chat([
            "chat_template_kwargs": ["enable_thinking": false], "enable_thinking": true, "think": false,
            "thinking_budget": 5,
        ])
        let warnings = try await client.chat(body).json["warnings"]?.arrayValue
        #expect(warnings?.compactMap { $0["param"]?.stringValue } == ["enable_thinking", "thinking_budget"])
    }

    @Test func theStopMessageCanBeTheClientsAndIsNothingButText() async throws {
        let client = try APIClient.endlessThinker()
        let (choice, _) = try await choice(
            client, ["thinking_budget": 3, "reasoning_budget_message": " Enough.<|im_end|>"])
        #expect(choice["message"]?["reasoning_content"] == "hh Enough.<|im_end|>")
        #expect(choice["message"]?["content"] == "Yes.")
    }

    @Test(arguments: [256, 512, 1024]) func anAnswerKeepsItsRoom(maximum: Int) async throws {
        let client = try APIClient.endlessThinker()
        let json = try await client.chat(APIClient.chat(["max_tokens": .number(maximum)])).json
        let choice = try #require(json["choices"]?[0])
        #expect(choice["message"]?["content"] == "Yes.")
        #expect(choice["finish_details"] == ["reasoning_end": "answer_reserve"])
        #expect(try #require(json["usage"]?["completion_tokens"]?.intValue) <= maximum)
    }

    @Test func theAnswersRoomIsTheClientsToChoose() async throws {
        let client = try APIClient.endlessThinker()
        let (kept, _) = try await choice(client, ["max_tokens": 200, "min_answer_tokens": 100])
        #expect(kept["finish_details"] == ["reasoning_end": "answer_reserve"])
        #expect(kept["message"]?["content"] == "Yes.")
        let (none, reasoning) = try await choice(client, ["max_tokens": 200, "min_answer_tokens": 0])
        #expect(none["finish_reason"] == "length")
        #expect(reasoning == 200)
        let reply = try await client.chat(APIClient.chat(["max_tokens": 200, "min_answer_tokens": 201]))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "min_answer_tokens")
    }

    @Test func anEndInsideThinkingLeavesRoomForAnAnswer() async throws {
        let client = try APIClient()
        let end = try #require(client.model.tokenizer.token("<|im_end|>"))
        let close = try #require(client.model.tokenizer.token("</think>"))
        let body = APIClient.chat()
        // The end that is drawn inside the block becomes the closing tag: the script goes on after either.
        try client.prepare(client.model.tokens("<think>\nhm") + [close] + client.model.tokens("\n\nYes."), for: body)
        try client.prepare(client.model.tokens("<think>\nhm") + [end], for: body)
        let choice = try #require(try await client.chat(body).json["choices"]?[0])
        #expect(choice["finish_details"] == ["reasoning_end": "eos_guard"])
        #expect(choice["message"]?["reasoning_content"] == "hm")
    }

    @Test func streamedAndWholeRepliesAgreeOnABudget() async throws {
        let client = try APIClient.endlessThinker()
        for budget in [0, 1, 7] {
            let (whole, _) = try await choice(client, ["thinking_budget": .number(budget)])
            let body = APIClient.chat(["thinking_budget": .number(budget), "stream": true])
            let events = try await client.chat(body).events
            #expect(try Accumulation(events) == Accumulation(whole: whole))
            #expect(events.last?["choices"]?[0]?["finish_details"] == ["reasoning_end": "budget"])
        }
    }

    @Test(arguments: ["thinking_budget", "thinking_token_budget"])
    func aNegativeBudgetIsRefusedByItsName(name: String) async throws {
        let reply = try await APIClient().chat(APIClient.chat([name: -2]))
        #expect(reply.status == 400)
        #expect(try reply.error("param")?.stringValue == name)
    }
}
