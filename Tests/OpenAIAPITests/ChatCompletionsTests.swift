import JSON
import ServingTestSupport
import Testing

@Suite struct ChatCompletionsTests {
    static let tools: JSONValue = [
        [
            "type": "function",
            "function": [
                "name": "get_time", "description": "The time",
                "parameters": ["type": "object", "properties": ["tz": ["type": "string"]]],
            ],
        ],
        ["type": "function", "function": ["name": "fetch"]],
    ]

    @Test func aWholeReplyHasExactlyTheFieldsThatClientsExpect() async throws {
        let client = try APIClient()
        let body = APIClient.chat()
        try client.prepare("<think>\ns-t-r-a-w\n</think>\n\nThere are 3.", for: body)
        let reply = try await client.chat(body)
        #expect(reply.status == 200)
        #expect(reply.header("content-type") == "application/json")
        let json = try reply.json
        #expect(json["id"]?.stringValue?.hasPrefix("chatcmpl-") == true)
        #expect(json["object"] == "chat.completion")
        #expect((json["created"]?.intValue ?? 0) > 1_700_000_000)
        #expect(json["model"] == "test-model")
        #expect(json["system_fingerprint"] == "fp_test")
        let choice = try #require(json["choices"]?[0])
        #expect(choice.objectValue?.keys == ["index", "message", "logprobs", "finish_reason", "finish_details"])
        #expect(choice["finish_details"] == ["reasoning_end": "natural"])
        #expect(
            choice["message"]
                == [
                    "role": "assistant", "content": "There are 3.", "refusal": nil,
                    "reasoning_content": "s-t-r-a-w",
                ])
        #expect(choice["logprobs"] == .some(.null))
        #expect(choice["finish_reason"] == "stop")
        #expect(json["warnings"] == nil)
    }

    @Test func usageCountsReasoningAndCachedTokensAlways() async throws {
        let client = try APIClient()
        let body = APIClient.chat()
        let reasoning = client.model.tokens("<think>\nhm\n</think>")
        let content = client.model.tokens("\n\nYes.")
        try client.prepare(reasoning + content, for: body)
        let usage = try #require(try await client.chat(body).json["usage"])
        #expect(
            usage.objectValue?.keys == [
                "prompt_tokens", "completion_tokens", "total_tokens", "prompt_tokens_details",
                "completion_tokens_details",
            ])
        #expect(usage["completion_tokens"]?.intValue == reasoning.count + content.count + 1)
        #expect(usage["completion_tokens_details"] == ["reasoning_tokens": .number(reasoning.count)])
        #expect(usage["prompt_tokens_details"] == ["cached_tokens": 0])
        let prompt = try #require(usage["prompt_tokens"]?.intValue)
        #expect(usage["total_tokens"]?.intValue == prompt + reasoning.count + content.count + 1)
    }

    @Test func withoutReasoningTheFieldIsNull() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["chat_template_kwargs": ["enable_thinking": false]])
        try client.prepare("Yes.", for: body)
        let message = try #require(try await client.chat(body).message)
        #expect(message["reasoning_content"] == .some(.null))
        #expect(message["content"] == "Yes.")
    }

    @Test func callsOfToolsComeWithNullContentAndArgumentsAsAString() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["tools": Self.tools])
        try client.prepare(
            """
            <think>
            a tool
            </think>

            <tool_call>
            {"name": "get_time", "arguments": {"tz": "Asia/Shanghai"}}
            </tool_call>
            <tool_call>
            {"name": "fetch", "arguments": {}}
            </tool_call>
            """, for: body)
        let json = try await client.chat(body).json
        let message = try #require(json["choices"]?[0]?["message"])
        #expect(message["content"] == .some(.null))
        #expect(message["reasoning_content"] == "a tool")
        #expect(json["choices"]?[0]?["finish_reason"] == "tool_calls")
        let calls = try #require(message["tool_calls"]?.arrayValue)
        #expect(calls.map { $0["type"] } == ["function", "function"])
        #expect(calls[0]["function"] == ["name": "get_time", "arguments": "{\"tz\": \"Asia/Shanghai\"}"])
        #expect(calls[1]["function"] == ["name": "fetch", "arguments": "{}"])
        #expect(Set(calls.compactMap { $0["id"]?.stringValue }).count == 2)
    }

    @Test func logProbabilitiesHaveOneEntryForEachTokenOfContent() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["logprobs": true, "top_logprobs": 3])
        let content = client.model.tokens("There, 日本")
        try client.prepare(client.model.tokens("<think>\nhm\n</think>\n\n") + content, for: body)
        let logprobs = try #require(try await client.chat(body).json["choices"]?[0]?["logprobs"])
        #expect(logprobs["refusal"] == .some(.null))
        let entries = try #require(logprobs["content"]?.arrayValue)
        #expect(entries.count == content.count)
        let bytes = entries.flatMap { $0["bytes"]?.arrayValue ?? [] }.compactMap(\.intValue).map { UInt8($0) }
        #expect(String(decoding: bytes, as: UTF8.self) == "There, 日本")
        for entry in entries {
            #expect(entry.objectValue?.keys == ["token", "logprob", "bytes", "top_logprobs"])
            #expect((entry["logprob"]?.doubleValue ?? 1) <= 0)
            #expect(entry["top_logprobs"]?.arrayValue?.count == 3)
        }
    }

    @Test func tokensMayBeNamedByTheirIds() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["logprobs": true, "return_tokens_as_token_ids": true, "enable_thinking": false])
        try client.prepare("Yes", for: body)
        let entries = try await client.chat(body).json["choices"]?[0]?["logprobs"]?["content"]
        let id = try #require(client.model.tokens("Yes").first)
        #expect(entries?[0]?["token"] == .string("token_id:\(id)"))
    }

    @Test func severalChoicesAreNumbered() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["n": 3])
        try client.prepare("Yes.", for: body)
        let choices = try #require(try await client.chat(body).json["choices"]?.arrayValue)
        #expect(choices.map { $0["index"] } == [0, 1, 2])
        #expect(choices.allSatisfy { $0["message"]?["content"] == "Yes." })
    }

    @Test func theLimitOfTokensMayGoByEitherName() async throws {
        let client = try APIClient()
        for name in ["max_tokens", "max_completion_tokens"] {
            let body = APIClient.chat([name: 2])
            try client.prepare("Yes, it is so.", for: body)
            let json = try await client.chat(body).json
            #expect(json["choices"]?[0]?["finish_reason"] == "length")
            #expect(json["usage"]?["completion_tokens"] == 2)
        }
    }

    @Test(arguments: ["STOP", "[\"no\", \"STOP\"]"]) func stopsAreAStringOrAnArray(stop: String) async throws {
        let client = try APIClient()
        let value = stop.hasPrefix("[") ? try JSONValue(parsing: stop) : .string(stop)
        let body = APIClient.chat(["stop": value])
        try client.prepare("<think>\nSTOP\n</think>\n\nGo STOP", for: body)
        let message = try #require(try await client.chat(body).message)
        #expect(message["content"] == "Go ")
        #expect(message["reasoning_content"] == "STOP")
    }

    @Test func stopTokensEndTheReply() async throws {
        let client = try APIClient()
        let dot = try #require(client.model.tokens(".").first)
        let body = APIClient.chat(["stop_token_ids": [.number(dot.index)]])
        try client.prepare("Yes. No.", for: body)
        #expect(try await client.chat(body).message?["content"] == "Yes")
    }

    @Test func fieldsWithoutEffectAreNamedInWarnings() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["user": "me", "frobnicate": 1, "metadata": [:], "top_a": 0.1])
        try client.prepare("Yes.", for: body)
        let reply = try await client.chat(body)
        #expect(reply.status == 200)
        let warnings = try #require(try reply.json["warnings"]?.arrayValue)
        #expect(Set(warnings.compactMap { $0["param"]?.stringValue }) == ["user", "metadata", "frobnicate", "top_a"])
    }

    @Test func strictRequestsAreRefusedInstead() async throws {
        let reply = try await APIClient().chat(APIClient.chat(["frobnicate": 1, "strict": true]))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "frobnicate")
        #expect(try reply.error("code") == "unsupported_value")
    }

    @Test func theRouteIsThereWithoutItsVersionToo() async throws {
        let client = try APIClient()
        let body = APIClient.chat()
        try client.prepare("Yes.", for: body)
        #expect(try await client.post("/chat/completions", body).status == 200)
    }
}
