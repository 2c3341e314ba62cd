import APIDoors
import Chat
import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@testable import OpenAIAPI

@Suite struct ResponsesTests {
    static let tools: JSONValue = [
        ["type": "function", "name": "fetch", "parameters": ["type": "object", "properties": [:]], "strict": false]
    ]

    static func client() throws -> APIClient {
        try APIClient()
    }

    static func body(_ members: JSONObject = [:], input: JSONValue = "Hi") -> JSONValue {
        var body: JSONObject = ["model": "test-model", "input": input]
        for (key, value) in members {
            body[key] = value
        }
        return .object(body)
    }

    static func request(_ body: JSONValue) throws -> ChatRequest {
        try ResponsesDecoder.call(
            from: try #require(body.objectValue), store: ResponseStore(), key: nil,
            settings: APISettings(version: "")
        ).request
    }

    static let thinkingAndCalling =
        "<think>\nhm\n</think>\n\nSo.\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>"

    @Test func aWholeResponseHasItems() async throws {
        let client = try Self.client()
        let body = Self.body(["tools": Self.tools, "instructions": "Be brief."])
        try client.model.prepare(Self.thinkingAndCalling, for: Self.request(body))
        let json = try await client.post("/v1/responses", body).json
        #expect(json["object"] == "response")
        #expect(json["status"] == "completed")
        #expect(json["instructions"] == "Be brief.")
        let output = try #require(json["output"]?.arrayValue)
        #expect(output.compactMap { $0["type"]?.stringValue } == ["reasoning", "message", "function_call"])
        #expect(output[0]["content"] == [["type": "reasoning_text", "text": "hm"]])
        #expect(output[1]["content"]?[0]?["text"]?.stringValue?.hasPrefix("So.") == true)
        #expect(output[2]["name"] == "fetch")
        #expect(output[2]["arguments"] == "{\"a\": 1}")
        #expect(output[2]["call_id"]?.stringValue?.hasPrefix("call_") == true)
        #expect(json["usage"]?["output_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0 > 0)
    }

    @Test func eventsAreNumberedAndComeInTheNormativeOrder() async throws {
        let client = try Self.client()
        let body = Self.body(["tools": Self.tools, "stream": true])
        try client.model.prepare(Self.thinkingAndCalling, for: Self.request(body))
        let events = try await client.post("/v1/responses", body).namedEvents
        #expect(events.map { $0.data["sequence_number"]?.intValue } == Array(0..<events.count))
        #expect(events.allSatisfy { $0.name == $0.data["type"]?.stringValue })
        var order: [String] = []
        for name in events.compactMap(\.name) where order.last != name {
            order.append(String(name.dropFirst("response.".count)))
        }
        order = order.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
        #expect(
            order == [
                "created", "in_progress",
                "output_item.added", "reasoning_text.delta", "reasoning_text.done", "output_item.done",
                "output_item.added", "content_part.added", "output_text.delta", "output_text.done",
                "content_part.done", "output_item.done",
                "output_item.added", "function_call_arguments.delta", "function_call_arguments.done",
                "output_item.done", "completed",
            ])
        let added = events.filter { $0.name == "response.output_item.added" }.map { $0.data["item"]?["id"] }
        let final = try #require(events.last?.data["response"]?["output"]?.arrayValue).map { $0["id"] }
        #expect(added == final)
    }

    @Test func neighbouringItemsOfTheAssistantAreOneMessage() throws {
        let body = Self.body(
            ["instructions": "Be brief."],
            input: [
                ["role": "user", "content": [["type": "input_text", "text": "What time is it?"]]],
                [
                    "type": "reasoning", "id": "rs_1", "summary": [],
                    "content": [["type": "reasoning_text", "text": "hm"]],
                ],
                ["type": "message", "role": "assistant", "content": [["type": "output_text", "text": "Wait."]]],
                ["type": "function_call", "call_id": "call_1", "name": "fetch", "arguments": "{}"],
                ["type": "function_call_output", "call_id": "call_1", "output": "9"],
                [
                    "type": "reasoning", "id": "rs_2", "summary": [],
                    "encrypted_content": .string(CarriedReasoning.carried("so")),
                ],
                ["type": "message", "role": "assistant", "content": "Nine."],
                ["role": "developer", "content": "Go on."],
            ])
        #expect(
            try Self.request(body).messages == [
                ChatMessage(role: .system, content: "Be brief."),
                ChatMessage(role: .user, content: "What time is it?"),
                ChatMessage(
                    role: .assistant, content: "Wait.", reasoning: "hm",
                    toolCalls: [ToolCall(id: "call_1", name: "fetch", arguments: "{}")]),
                ChatMessage(role: .tool, content: "9", toolCallID: "call_1"),
                ChatMessage(role: .assistant, content: "Nine.", reasoning: "so"),
                ChatMessage(role: .system, content: "Go on."),
            ])
    }

    @Test func storedResponsesAreContinuedShownAndForgotten() async throws {
        let client = try Self.client()
        let first = Self.body(["instructions": "Only now."])
        try client.model.prepare("<think>\nhm\n</think>\n\nHello", for: Self.request(first))
        let response = try await client.post("/v1/responses", first).json
        let id = try #require(response["id"]?.stringValue)
        #expect(try await client.get("/v1/responses/\(id)").json == response)
        let next = Self.body(["previous_response_id": .string(id)], input: "And?")
        try client.model.prepare(
            "<think>\n\n</think>\n\nBye",
            for: ChatRequest(messages: [
                ChatMessage(role: .user, content: "Hi"),
                ChatMessage(role: .assistant, content: "Hello", reasoning: "hm"),
                ChatMessage(role: .user, content: "And?"),
            ]))
        let continued = try await client.post("/v1/responses", next).json
        #expect(continued["output"]?[0]?["content"]?[0]?["text"] == "Bye")
        #expect(continued["previous_response_id"]?.stringValue == id)
        #expect(try await client.send(.delete, "/v1/responses/\(id)").json["deleted"] == true)
        #expect(try await client.get("/v1/responses/\(id)").status == 404)
        let refused = try await client.post("/v1/responses", next)
        #expect(refused.status == 400)
        #expect(try refused.json["error"]?["code"] == "previous_response_not_found")
        #expect(try refused.json["error"]?["param"] == "previous_response_id")
    }

    @Test func theStoreKeepsTheNewest() {
        func response(_ text: String) -> ResponseStore.Response {
            ResponseStore.Response(body: Array(text.utf8), conversation: [])
        }
        let store = ResponseStore(countLimit: 2, byteLimit: 100)
        for id in ["a", "b", "c"] { store.add(response(id), id: id, of: nil) }
        #expect(["a", "b", "c"].map { store.response($0, of: nil) != nil } == [false, true, true])
        store.add(response(String(repeating: "x", count: 99)), id: "d", of: nil)
        #expect(["b", "c", "d"].map { store.response($0, of: nil) != nil } == [false, true, true])
        store.add(response(String(repeating: "x", count: 101)), id: "e", of: nil)
        #expect(["c", "d", "e"].map { store.response($0, of: nil) != nil } == [true, true, false])
    }

    @Test func whatTheLimitCutsOffIsIncomplete() async throws {
        let client = try Self.client()
        let body = Self.body(["max_output_tokens": 3, "reasoning": ["effort": "none"]])
        try client.model.prepare("one two three four five six", for: Self.request(body))
        let json = try await client.post("/v1/responses", body).json
        #expect(json["status"] == "incomplete")
        #expect(json["incomplete_details"]?["reason"] == "max_output_tokens")
        #expect(json["output"]?[0]?["status"] == "incomplete")
    }

    @Test func whatCannotBeHonouredIsRefused() async throws {
        let client = try Self.client()
        let members: [JSONObject] = [
            ["background": true], ["conversation": "c"], ["text": ["format": ["type": "json_schema"]]],
            ["text": ["format": ["type": "grammar"]]],
            ["tool_choice": "required"], ["tool_choice": ["type": "web_search"]], ["tool_choice": "any"],
            ["tool_choice": ["type": "allowed_tools", "mode": "auto", "tools": []]],
            ["input": [["type": "item_reference", "id": "x"]]], ["input": []],
            ["tools": [["type": "function"]]], ["reasoning": ["effort": "much"]],
        ]
        for member in members {
            let reply = try await client.post("/v1/responses", Self.body(member))
            #expect(reply.status == 400)
            #expect(try reply.json["error"]?["param"]?.stringValue?.hasPrefix(member.keys.first ?? "") == true)
        }
    }

    @Test func streamedAndWholeRepliesAreTheSame() async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 7)
        for round in 0..<100 {
            let reply = RandomReply(of: client.model, &random).tokens
            var members: JSONObject = ["seed": 1, "store": false]
            if Bool.random(using: &random) { members["tools"] = Self.tools }
            if Bool.random(using: &random) { members["reasoning"] = ["effort": "none"] }
            members["max_output_tokens"] = RandomReply.maximum(&random)
            let body = Self.body(members, input: .string("Round \(round)"))
            try client.model.prepare(reply, for: Self.request(body))
            let whole = try await client.post("/v1/responses", body).json
            members["stream"] = true
            let events = try await client.post(
                "/v1/responses", Self.body(members, input: .string("Round \(round)"))
            ).namedEvents
            let final = try #require(events.last?.data["response"])
            #expect(texts(final) == texts(whole), "round \(round): \(client.model.tokenizer.decode(reply))")
            #expect(final["status"] == whole["status"])
            #expect(final["usage"]?["output_tokens"] == whole["usage"]?["output_tokens"])
            var deltas: [Int: String] = [:]
            for event in events {
                guard let delta = event.data["delta"]?.stringValue else { continue }
                deltas[event.data["output_index"]?.intValue ?? -1, default: ""] += delta
            }
            for (index, text) in texts(whole).enumerated() where !text.isEmpty {
                #expect(deltas[index].map { text.hasSuffix($0) } == true, "round \(round)")
            }
        }
    }

    @Test func noCutChangesAResponse() async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 71)
        for round in propertyRounds(200) {
            let reply = RandomReply(of: client.model, &random).tokens
            var members: JSONObject = ["seed": 1, "store": false, "stream": true]
            if Bool.random(using: &random) { members["tools"] = Self.tools }
            if Bool.random(using: &random) { members["reasoning"] = ["effort": "none"] }
            members["max_output_tokens"] = RandomReply.maximum(&random)
            let body = Self.body(members, input: .string("Round \(round)"))
            try client.model.prepare(reply, for: Self.request(body))
            let cut = try await client.cut("/v1/responses", body, &random)
            let whole = try cut.whole.json
            let events = try cut.streamed.namedEvents
            let final = try #require(events.last?.data["response"])
            #expect(texts(final) == texts(whole), "round \(round): \(client.model.tokenizer.decode(reply))")
            #expect(final["status"] == whole["status"])
            #expect(events.map { $0.data["sequence_number"]?.intValue } == Array(events.indices))
            let done = events.filter { $0.name == "response.output_item.done" }.compactMap { $0.data["item"] }
            #expect(done == final["output"]?.arrayValue)
        }
    }

    /// The kind and text of each item.
    private func texts(_ response: JSONValue) -> [String] {
        (response["output"]?.arrayValue ?? []).map { item in
            let text = item["arguments"]?.stringValue ?? item["content"]?[0]?["text"]?.stringValue ?? ""
            return text.isEmpty ? "" : "\(item["type"]?.stringValue ?? "") \(item["name"]?.stringValue ?? "") \(text)"
        }
    }
}
