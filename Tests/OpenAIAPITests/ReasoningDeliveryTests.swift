import HTTP
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// Where reasoning goes, and who may end it, beside the budgets.
@Suite(.timeLimit(.minutes(10))) struct ReasoningDeliveryTests {
    private static let raw = "<think>\nHm, hm.\n</think>\n\nYes."

    private func replies(_ members: JSONObject) async throws -> (whole: JSONValue, events: [JSONValue]) {
        let client = try APIClient()
        try client.prepare(Self.raw, for: APIClient.chat())
        let whole = try #require(try await client.chat(APIClient.chat(members)).json["choices"]?[0])
        var streamed = members
        streamed["stream"] = true
        return (whole, try await client.chat(APIClient.chat(streamed)).events)
    }

    @Test(arguments: [["reasoning_format": "none"], ["separate_reasoning": false]] as [JSONObject])
    func reasoningCanBePartOfTheContent(members: JSONObject) async throws {
        let (whole, events) = try await replies(members)
        #expect(whole["message"]?["content"]?.stringValue == Self.raw)
        #expect(whole["message"]?["reasoning_content"] == .null)
        #expect(try Accumulation(events) == Accumulation(whole: whole))
    }

    @Test(arguments: [["include_reasoning": false], ["reasoning": ["exclude": true]]] as [JSONObject])
    func reasoningCanBeLeftOut(members: JSONObject) async throws {
        let (whole, events) = try await replies(members)
        #expect(whole["message"]?["content"] == "Yes.")
        #expect(whole["message"]?["reasoning_content"] == .null)
        #expect(whole["finish_details"]?["reasoning_end"] == "natural")
        #expect(try Accumulation(events) == Accumulation(whole: whole))
    }

    @Test func reasoningCanComeInOnePiece() async throws {
        let (whole, events) = try await replies(["stream_reasoning": false])
        #expect(whole["message"]?["reasoning_content"] == "Hm, hm.")
        let pieces = events.compactMap { $0["choices"]?[0]?["delta"]?["reasoning_content"]?.stringValue }
        #expect(pieces == ["Hm, hm."])
        #expect(try Accumulation(events) == Accumulation(whole: whole))
    }

    @Test(arguments: [("reasoning", ["reasoning"]), ("both", ["reasoning_content", "reasoning"])])
    func reasoningCanHaveOtherNames(name: String, keys: [String]) async throws {
        let (whole, events) = try await replies(["reasoning_field": .string(name)])
        for key in ["reasoning_content", "reasoning"] {
            let expected: JSONValue? = keys.contains(key) ? "Hm, hm." : nil
            #expect(whole["message"]?[key] == expected)
            let text = events.compactMap { $0["choices"]?[0]?["delta"]?[key]?.stringValue }.joined()
            #expect(text == (expected?.stringValue ?? ""))
        }
    }

    @Test func contradictionsAboutDeliveryAreWarnedOf() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["reasoning_format": "none", "separate_reasoning": true, "stream_reasoning": false])
        let warnings = try await client.chat(body).json["warnings"]?.arrayValue
        #expect(warnings?.compactMap { $0["param"]?.stringValue } == ["separate_reasoning", "stream_reasoning"])
        for value in ["deepseek-legacy", "x"] {
            let reply = try await client.chat(APIClient.chat(["reasoning_format": .string(value)]))
            #expect(reply.status == 400)
            #expect(try reply.error("param") == "reasoning_format")
        }
    }

    @Test func contentWithReasoningCanBeSentBackAsItCame() async throws {
        let client = try APIClient()
        func prompt(_ message: JSONValue) async throws -> String? {
            let messages: JSONValue = [
                ["role": "user", "content": "Hi"], message, ["role": "tool", "content": "42", "tool_call_id": "c"],
            ]
            return try await client.post("/apply-template", ["messages": messages]).json["prompt"]?.stringValue
        }
        let call: JSONValue = [["id": "c", "type": "function", "function": ["name": "f", "arguments": "{}"]]]
        let spellings: [JSONObject] = [
            ["content": .string(Self.raw)], ["content": "Yes.", "reasoning_content": "Hm, hm."],
            ["content": "Yes.", "reasoning": "Hm, hm."], ["content": "Yes.", "thinking": "Hm, hm."],
            ["content": "Yes.", "reasoning_details": [["type": "reasoning.text", "text": "Hm, hm."]]],
        ]
        var prompts: Set<String?> = []
        for var message in spellings {
            message["role"] = "assistant"
            message["tool_calls"] = call
            prompts.insert(try await prompt(.object(message)))
        }
        // Reasoning of a step that called tools stays, however it was spelt.
        #expect(prompts.count == 1)
        #expect(prompts.first??.contains("<think>\nHm, hm.\n</think>\n\nYes.") == true)
    }

    @Test func thinkingCanBeEndedWhileItComes() async throws {
        let client = try APIClient.endlessThinker(slowly: true)
        let (outcomes, report) = AsyncStream.makeStream(of: Reply.self)
        let reply = WatchedReply { text in
            guard text.contains("\"reasoning_content\":"), let id = text.firstMatch(of: /"id":"(chatcmpl-[a-z0-9]+)"/)
            else { return }
            let action: JSONValue = ["id": .string(String(id.1)), "action": "reasoning_end"]
            Task { report.yield(try await client.post("/v1/chat/completions/control", action)) }
        }
        try await client.stream(APIClient.chat(["stream": true, "reasoning_control": true]), to: reply)
        #expect(reply.text.contains(#""finish_details":{"reasoning_end":"client"}"#))
        let events = reply.text.split(separator: "\n\n").compactMap { block in
            block.hasPrefix("data: {") ? try? JSONValue(parsing: String(block.dropFirst(6))) : nil
        }
        let whole = try Accumulation(events)
        #expect(whole.reasoning?.hasSuffix("directly now.") == true)
        #expect(whole.content == "Yes.")
        var iterator = outcomes.makeAsyncIterator()
        #expect(try await iterator.next()?.json == ["success": true])
    }

    @Test func onlyRepliesThatAllowItCanBeActedOn() async throws {
        let client = try APIClient()
        let unknown = try await client.post(
            "/v1/chat/completions/control", ["id": "chatcmpl-none", "action": "reasoning_end"])
        #expect(unknown.status == 200)
        #expect(try unknown.json["success"] == false)
        let bodies: [(JSONValue, String)] = [
            (["action": "reasoning_end"], "id"), (["id": "x"], "action"), (["id": "x", "action": "stop"], "action"),
        ]
        for (body, parameter) in bodies {
            let reply = try await client.post("/v1/chat/completions/control", body)
            #expect(reply.status == 400)
            #expect(try reply.error("param") == .string(parameter))
        }
    }

    @Test func noTimeToThinkEndsThinkingAtOnce() async throws {
        let client = try APIClient.endlessThinker()
        let choice = try #require(
            try await client.chat(APIClient.chat(["thinking_time_ms": 0])).json["choices"]?[0])
        #expect(choice["finish_details"] == ["reasoning_end": "time"])
        #expect(choice["message"]?["content"] == "Yes.")
    }

    @Test func noTimeToWriteCutsTheReply() async throws {
        let client = try APIClient.endlessThinker(slowly: true)
        let choice = try #require(
            try await client.chat(APIClient.chat(["t_max_predict_ms": 1])).json["choices"]?[0])
        #expect(choice["finish_reason"] == "length")
        #expect(choice["finish_details"] == ["limit": "time"])
        for none in [0, -1] {
            let enough: JSONObject = [
                "t_max_predict_ms": .number(none), "max_latency_ms": 3_600_000, "thinking_budget": 3,
            ]
            let answered = try await client.chat(APIClient.chat(enough)).json["choices"]?[0]
            #expect(answered?["message"]?["content"] == "Yes.")
        }
    }

    @Test func noTimeAtAllIsAnErrorThatNobodyRetries() async throws {
        let client = try APIClient.endlessThinker()
        let byField = try await client.chat(APIClient.chat(["max_latency_ms": 0]))
        var headers = HTTPFields()
        headers[try #require(HTTPField.Name("X-Request-Timeout"))] = "0"
        let byHeader = try await client.send(
            .post, "/v1/chat/completions", headers: headers, body: APIClient.chat().serializedBytes())
        for reply in [byField, byHeader] {
            #expect(reply.status == 504)
            #expect(try reply.error("code") == "deadline_exceeded")
            #expect(reply.header("x-should-retry") == "false")
        }
        headers[try #require(HTTPField.Name("X-Request-Timeout"))] = "soon"
        let wrong = try await client.send(
            .post, "/v1/chat/completions", headers: headers, body: APIClient.chat().serializedBytes())
        #expect(wrong.status == 400)
        #expect(try wrong.error("param") == "X-Request-Timeout")
    }
}
