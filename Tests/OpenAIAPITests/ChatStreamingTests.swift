import JSON
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct ChatStreamingTests {
    @Test func usageMayRunAlong() async throws {
        let client = try APIClient()
        let members: JSONObject = [
            "stream": true, "stream_options": ["include_usage": true, "continuous_usage_stats": true],
        ]
        let body = APIClient.chat(members)
        try client.prepare("<think>\nhm\n</think>\n\nThere are 3.", for: body)
        let events = try await client.chat(body).events
        let counts = events.dropLast().compactMap { $0["usage"]?["completion_tokens"]?.intValue }
        #expect(counts.count == events.count - 1)
        #expect(counts == counts.sorted() && counts.last ?? 0 > 0)
        for usage in events.compactMap({ $0["usage"] }) {
            let sum = (usage["prompt_tokens"]?.intValue ?? 0) + (usage["completion_tokens"]?.intValue ?? 0)
            #expect(usage["total_tokens"]?.intValue == sum)
        }
        let alone = try await client.chat(
            APIClient.chat(["stream": true, "stream_options": ["continuous_usage_stats": true]]))
        #expect(try alone.events.allSatisfy { $0["usage"] == nil })
        #expect(alone.header("X-Warnings")?.hasPrefix("stream_options.continuous_usage_stats: ") == true)
    }

    @Test func chunksComeInTheNormativeOrder() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "stream_options": ["include_usage": true]])
        try client.prepare("<think>\ns-t-r\n</think>\n\nThere", for: body)
        let reply = try await client.chat(body)
        #expect(reply.status == 200)
        #expect(reply.header("content-type") == "text/event-stream; charset=utf-8")
        #expect(reply.header("cache-control") == "no-cache")
        #expect(reply.header("x-accel-buffering") == "no")
        let events = try reply.events
        #expect(
            events[0]["choices"]?[0]
                == [
                    "index": 0, "delta": ["role": "assistant", "content": ""], "logprobs": nil, "finish_reason": nil,
                ])
        let deltas = events.compactMap { $0["choices"]?[0]?["delta"]?.objectValue?.keys }
        #expect(deltas.first == ["role", "content"])
        #expect(deltas.last == [])
        let middle = deltas.dropFirst().dropLast()
        #expect(middle.allSatisfy { $0 == ["reasoning_content"] || $0 == ["content"] })
        #expect(Array(middle) == middle.sorted { $0 == ["reasoning_content"] && $1 == ["content"] })
        let finish = events[events.count - 2]
        #expect(finish["choices"]?[0]?["finish_reason"] == "stop")
        #expect(finish["choices"]?[0]?["delta"] == [:])
        let usage = events[events.count - 1]
        #expect(usage["choices"] == [])
        #expect(usage["usage"]?["completion_tokens_details"]?["reasoning_tokens"] != nil)
        #expect(usage["usage"]?["prompt_tokens_details"]?["cached_tokens"] != nil)
        #expect(events.dropLast().allSatisfy { $0["usage"] == .some(.null) })
    }

    @Test func everyChunkSaysTheSameOfItself() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true])
        try client.prepare("<think>\nhm\n</think>\n\nThere", for: body)
        let events = try await client.chat(body).events
        for key in ["id", "created", "model", "system_fingerprint"] {
            #expect(Set(events.map { $0[key]?.serialized() }).count == 1)
        }
        #expect(events.allSatisfy { $0["object"] == "chat.completion.chunk" })
        #expect(events[0]["model"] == "test-model")
    }

    @Test func withoutBeingAskedForThereIsNoUsageAtAll() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true])
        try client.prepare("There", for: body)
        let events = try await client.chat(body).events
        #expect(events.allSatisfy { $0["usage"] == nil && $0["choices"]?.arrayValue?.isEmpty == false })
    }

    @Test func noDeltaIsEmptyAndNoneHasBothKindsOfText() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true])
        try client.prepare("<think>\n\n</think>\n\nThere 日本", for: body)
        let events = try await client.chat(body).events
        for event in events.dropFirst().dropLast() {
            let delta = try #require(event["choices"]?[0]?["delta"]?.objectValue)
            #expect(delta.count == 1)
            #expect(delta.values.allSatisfy { $0.stringValue != "" })
        }
        #expect(!events.contains { $0["choices"]?[0]?["delta"]?["reasoning_content"] != nil })
    }

    @Test func aCallsIdTypeAndNameComeOnceAndItsFirstArgumentsAreEmpty() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "tools": ChatCompletionsTests.tools])
        try client.prepare(
            """
            <tool_call>
            {"name": "get_time", "arguments": {"tz": "Asia/Shanghai"}}
            </tool_call>
            <tool_call>
            {"name": "fetch", "arguments": {}}
            </tool_call>
            """, for: body)
        let events = try await client.chat(body).events
        let deltas = events.compactMap { $0["choices"]?[0]?["delta"]?["tool_calls"]?[0] }
        for index in 0...1 {
            let own = deltas.filter { $0["index"]?.intValue == index }
            #expect(own[0].objectValue?.keys == ["index", "id", "type", "function"])
            #expect(own[0]["function"]?["arguments"] == "")
            #expect(own.dropFirst().allSatisfy { $0.objectValue?.keys == ["index", "function"] })
            #expect(own.dropFirst().allSatisfy { $0["function"]?.objectValue?.keys == ["arguments"] })
        }
        let whole = try Accumulation(events)
        #expect(whole.toolCalls.map { $0["name"] } == ["get_time", "fetch"])
        #expect(whole.toolCalls.map { $0["arguments"] } == ["{\"tz\": \"Asia/Shanghai\"}", "{}"])
        #expect(whole.finishReason == "tool_calls")
    }

    @Test func choicesEachHaveOneRoleAndOneEnd() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "n": 3, "stream_options": ["include_usage": true]])
        try client.prepare("<think>\nhm\n</think>\n\nThere", for: body)
        let events = try await client.chat(body).events
        for choice in 0..<3 {
            let accumulation = try Accumulation(events, choice: choice)
            #expect(accumulation.role == "assistant")
            #expect(accumulation.content == "There")
            #expect(accumulation.reasoning == "hm")
            #expect(accumulation.finishReason == "stop")
        }
        #expect(events.last?["choices"] == [])
    }

    @Test func warningsComeWithTheFirstChunkAlone() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "frobnicate": 1])
        try client.prepare("There", for: body)
        let events = try await client.chat(body).events
        #expect(events[0]["warnings"]?[0]?["param"] == "frobnicate")
        #expect(events.dropFirst().allSatisfy { $0["warnings"] == nil })
    }

    @Test func streamedAndWholeRepliesAreTheSame() async throws {
        let client = try APIClient()
        let model = client.model
        var random = SeededGenerator(seed: 11)
        let fragments = [
            "<think>", "</think>", "<tool_call>", "</tool_call>", "\n", "\n\n", "Hello", " world", "日本", "é", "👩‍🚀",
            "{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}", "STOP", "ST", " ", "<|endoftext|>",
        ]
        for round in 0..<150 {
            var reply: [TokenID] = Bool.random(using: &random) ? model.tokens("<think>\n") : []
            for _ in 0..<Int.random(in: 0...14, using: &random) {
                if Int.random(in: 0..<4, using: &random) == 0 {
                    reply.append(TokenID(Int.random(in: 0..<256, using: &random)))
                } else {
                    reply += model.tokens(fragments[Int.random(in: fragments.indices, using: &random)])
                }
            }
            var members: JSONObject = ["logprobs": true, "top_logprobs": 1, "seed": 1]
            if Bool.random(using: &random) { members["tools"] = ChatCompletionsTests.tools }
            if Bool.random(using: &random) { members["stop"] = "STOP" }
            if Bool.random(using: &random) { members["ignore_eos"] = true }
            if Bool.random(using: &random) { members["enable_thinking"] = false }
            members["max_tokens"] = .number(Int.random(in: 1...20, using: &random))
            let body = APIClient.chat(members, text: "Round \(round)")
            try client.prepare(reply, for: body)
            members["stream"] = true
            members["stream_options"] = ["include_usage": true]
            let streamed = try await client.chat(APIClient.chat(members, text: "Round \(round)")).events
            let whole = try await client.chat(body).json
            let choice = try #require(whole["choices"]?[0])
            let left = try Accumulation(streamed).withoutIdentifiers()
            let right = Accumulation(whole: choice).withoutIdentifiers()
            #expect(left == right, "round \(round): \(model.tokenizer.decode(reply))")
            for key in ["completion_tokens", "completion_tokens_details"] {
                #expect(streamed.last?["usage"]?[key] == whole["usage"]?[key])
            }
            #expect(!right.content.hasPrefix("\n"))
        }
    }
}
