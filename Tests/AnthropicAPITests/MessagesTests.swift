import APIDoors
import Chat
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@testable import AnthropicAPI

@Suite struct MessagesTests {
    static let tools: JSONValue = [
        [
            "name": "fetch", "description": "Fetches",
            "input_schema": ["type": "object", "properties": ["a": ["type": "integer"]]],
        ]
    ]

    static func body(_ members: JSONObject = [:], text: String = "Hi") -> JSONValue {
        var body: JSONObject = [
            "model": "test-model", "max_tokens": 100, "messages": [["role": "user", "content": .string(text)]],
        ]
        for (key, value) in members {
            body[key] = value
        }
        return .object(body)
    }

    static func client(_ options: TestModel.Options = TestModel.Options(), keys: [String] = []) throws -> APIClient {
        try APIClient(options, keys: keys) { .anthropic(service: $0, settings: $1) }
    }

    static func request(_ body: JSONValue) throws -> ChatRequest {
        try MessagesDecoder.call(from: try #require(body.objectValue), settings: APISettings(version: "")).request
    }

    @Test(
        arguments: [
            (["type": "auto"], .automatic, nil, true), (["type": "none"], .forbidden, nil, true),
            (["type": "any"], .required, nil, true),
            (["type": "any", "disable_parallel_tool_use": true], .required, nil, false),
            (["type": "tool", "name": "fetch"], .required, ["fetch"], true),
        ] as [(JSONValue, ToolUse, Set<String>?, Bool)])
    func aChoiceSaysWhichToolsAreCalled(
        choice: JSONValue, use: ToolUse, names: Set<String>?, allowsSeveral: Bool
    ) throws {
        let request = try Self.request(Self.body(["tools": Self.tools, "tool_choice": choice]))
        #expect(request.toolUse == use)
        #expect(request.callableTools == names)
        #expect(request.allowsParallelToolCalls == allowsSeveral)
    }

    @Test(
        arguments: [
            (["tool_choice": ["type": "tool"], "tools": tools], "tool_choice.name"),
            (["tool_choice": ["type": "tool", "name": "x"], "tools": tools], "'x'"),
            (["tool_choice": ["type": "any"]], "tool_choice"),
            (["tool_choice": ["type": "each"], "tools": tools], "tool_choice.type"),
            (
                [
                    "tools": [
                        [
                            "name": "f", "strict": true,
                            "input_schema": ["type": "object", "unevaluatedProperties": false],
                        ]
                    ]
                ], "unevaluatedProperties"
            ),
        ] as [(JSONObject, String)])
    func aChoiceThatCannotBeHonouredIsRefused(members: JSONObject, word: String) async throws {
        let reply = try await Self.client().post("/v1/messages", Self.body(members))
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?["message"]?.stringValue?.contains(word) == true, "\(reply.text)")
    }

    @Test func aDemandedCallIsAllThatComes() async throws {
        let client = try Self.client()
        let body = Self.body(["tools": Self.tools, "tool_choice": ["type": "any", "disable_parallel_tool_use": true]])
        try client.model.prepare("I would rather talk.", for: Self.request(body))
        let json = try await client.post("/v1/messages", body).json
        #expect(json["content"]?.arrayValue?.count == 1)
        #expect(json["content"]?[0]?["type"] == "tool_use")
        #expect(json["content"]?[0]?["name"] == "fetch")
    }

    @Test func aWholeReplyHasBlocks() async throws {
        let client = try Self.client()
        let body = Self.body(["thinking": ["type": "enabled", "budget_tokens": 50], "tools": Self.tools])
        try client.model.prepare(
            "<think>\nhm\n</think>\n\nLet me see.\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>",
            for: Self.request(body))
        let reply = try await client.post("/v1/messages", body)
        #expect(reply.status == 200)
        let json = try reply.json
        #expect(json["id"]?.stringValue?.hasPrefix("msg_") == true)
        #expect(json["type"] == "message")
        #expect(json["role"] == "assistant")
        #expect(json["stop_reason"] == "tool_use")
        #expect(json["stop_sequence"] == .some(.null))
        #expect(json["content"]?[0]?["type"] == "thinking")
        #expect(json["content"]?[0]?["thinking"] == "hm")
        #expect(json["content"]?[0]?["signature"]?.stringValue?.isEmpty == false)
        #expect(json["content"]?[1]?["text"]?.stringValue?.hasPrefix("Let me see.") == true)
        #expect(json["content"]?[2]?["type"] == "tool_use")
        #expect(json["content"]?[2]?["name"] == "fetch")
        #expect(json["content"]?[2]?["input"] == ["a": 1])
        #expect(json["usage"]?["output_tokens_details"]?["thinking_tokens"]?.intValue ?? 0 > 0)
    }

    @Test func eventsComeInTheNormativeOrder() async throws {
        let client = try Self.client()
        let body = Self.body(["thinking": ["type": "enabled"], "stream": true])
        try client.model.prepare("<think>\ns-t-r\n</think>\n\nThere", for: Self.request(body))
        let events = try await client.post("/v1/messages", body).namedEvents
        #expect(events.allSatisfy { $0.name == $0.data["type"]?.stringValue })
        var names = events.compactMap(\.name)
        #expect(names.prefix(2) == ["message_start", "ping"])
        #expect(names.suffix(2) == ["message_delta", "message_stop"])
        names = events.dropFirst(2).dropLast(2).compactMap { event in
            event.data["delta"]?["type"]?.stringValue ?? event.name
        }
        var order: [String] = []
        for name in names where order.last != name {
            order.append(name)
        }
        #expect(
            order == [
                "content_block_start", "thinking_delta", "signature_delta", "content_block_stop",
                "content_block_start", "text_delta", "content_block_stop",
            ])
        let delta = events[events.count - 2].data
        #expect(delta["delta"] == ["stop_reason": "end_turn", "stop_sequence": nil])
        #expect(delta["usage"]?["output_tokens"]?.intValue ?? 0 > 0)
        #expect(events[0].data["message"]?["usage"]?["input_tokens"]?.intValue ?? 0 > 0)
    }

    @Test func withoutBeingAskedForThereIsNoThinking() async throws {
        let client = try Self.client()
        let prompt = try client.service.prompt(for: Self.request(Self.body()))
        #expect(prompt.text.hasSuffix("<think>\n\n</think>\n\n"))
    }

    @Test func aStopSequenceIsNamed() async throws {
        let client = try Self.client()
        let body = Self.body(["stop_sequences": ["END", "STOP"]])
        try client.model.prepare("one STOP two", for: Self.request(body))
        let json = try await client.post("/v1/messages", body).json
        #expect(json["stop_reason"] == "stop_sequence")
        #expect(json["stop_sequence"] == "STOP")
        #expect(json["content"]?[0]?["text"] == "one ")
    }

    @Test func conversationsWithToolsAreReadInOrder() throws {
        let body = Self.body([
            "system": [
                ["type": "text", "text": "x-anthropic-billing-header: cc_version=1"],
                ["type": "text", "text": "Be brief.", "cache_control": ["type": "ephemeral"]],
            ],
            "messages": [
                ["role": "user", "content": [["type": "text", "text": "What time is it?"]]],
                [
                    "role": "assistant",
                    "content": [
                        ["type": "thinking", "thinking": "a tool", "signature": "s"],
                        ["type": "text", "text": "Wait."],
                        ["type": "tool_use", "id": "toolu_1", "name": "fetch", "input": ["a": 1]],
                    ],
                ],
                [
                    "role": "user",
                    "content": [
                        ["type": "tool_result", "tool_use_id": "toolu_1", "content": [["type": "text", "text": "9"]]],
                        ["type": "text", "text": "And?"],
                    ],
                ],
            ],
        ])
        let messages = try Self.request(body).messages
        #expect(
            messages == [
                ChatMessage(role: .system, content: "Be brief."),
                ChatMessage(role: .user, content: "What time is it?"),
                ChatMessage(
                    role: .assistant, content: "Wait.", reasoning: "a tool",
                    toolCalls: [ToolCall(id: "toolu_1", name: "fetch", arguments: "{\"a\": 1}")]),
                ChatMessage(role: .tool, content: "9", toolCallID: "toolu_1"),
                ChatMessage(role: .user, content: "And?"),
            ])
    }

    @Test func errorsAreSpeltAsAnthropicSpellsThem() async throws {
        let client = try Self.client(keys: ["secret"])
        #expect(!client.door.routes.isEmpty)
        #expect(try await client.routesThatAskForNoKey() == [])
        let key: HTTPFields = [try #require(HTTPField.Name("x-api-key")): "secret"]
        let refused = try await client.post("/v1/messages", Self.body())
        #expect(refused.status == 401)
        #expect(try refused.json["type"] == "error")
        #expect(try refused.json["error"]?["type"] == "authentication_error")
        func error(_ target: String, _ body: JSONValue) async throws -> (Int, JSONValue?) {
            let reply = try await client.send(.post, target, headers: key, body: body.serializedBytes())
            return (reply.status, try reply.json["error"]?["type"])
        }
        #expect(try await error("/v1/messages", Self.body(["model": "no"])) == (404, "not_found_error"))
        #expect(try await error("/v1/messages", Self.body(["messages": []])) == (400, "invalid_request_error"))
        #expect(try await error("/v1/messages/no", Self.body()) == (404, "not_found_error"))
        let large = String(repeating: "x", count: 1 << 21)
        #expect(try await error("/v1/messages", Self.body(text: large)) == (413, "request_too_large"))
    }

    @Test func tokensAreCounted() async throws {
        let client = try Self.client()
        let json = try await client.post("/v1/messages/count_tokens", Self.body()).json
        #expect(try json["input_tokens"]?.intValue == client.service.prompt(for: Self.request(Self.body())).ids.count)
    }

    @Test(arguments: ["/v1/messages", "/v1/messages/count_tokens"])
    func noBodyMakesTheServerFail(path: String) async throws {
        try await Self.client().checkRandomBodies(
            path,
            with: [
                "model": "test-model", "messages": [["role": "user", "content": "Hi"]], "max_tokens": 2,
            ])
    }

    @Test func theDescriptionIsWhatIsAnswered() async throws {
        try await Self.client().checkDescription(free: ["input", "input_schema", "schema"])
    }

    @Test func whatChangesNothingIsNamedAndCanBeRefused() async throws {
        let client = try Self.client()
        for (key, value): (String, JSONValue) in [("metadata", ["user_id": "u"]), ("service_tier", "auto"), ("x", 1)] {
            let reply = try await client.post("/v1/messages", Self.body([key: value, "max_tokens": 2]))
            #expect(try reply.json["warnings"]?[0]?["param"] == .string(key))
            #expect(reply.header("X-Warnings")?.hasPrefix("\(key): ") == true)
            let strict = try await client.post("/v1/messages", Self.body([key: value, "strict": true]))
            #expect(strict.status == 400)
            #expect(try strict.json["error"]?["type"] == "invalid_request_error")
        }
    }

    @Test(arguments: ["output_config", "output_format"])
    func anAnswerIsHeldToASchema(key: String) async throws {
        let client = try Self.client()
        let format: JSONValue = ["type": "json_schema", "schema": ["type": "integer"]]
        let body = Self.body([key: key == "output_config" ? ["format": format] : format, "max_tokens": 5])
        let json = try await client.post("/v1/messages", body).json
        let text = try #require(json["content"]?[0]?["text"]?.stringValue)
        #expect(!text.isEmpty && text.utf8.allSatisfy { "-0123456789".utf8.contains($0) }, "\(text)")
        let bad = Self.body([key: key == "output_config" ? ["format": ["type": "xml"]] : ["type": "xml"]])
        #expect(try await client.post("/v1/messages", bad).status == 400)
        let wrong: JSONValue = ["type": "json_schema", "schema": ["type": "no"]]
        let reply = try await client.post(
            "/v1/messages", Self.body([key: key == "output_config" ? ["format": wrong] : wrong]))
        #expect(reply.status == 400, "\(reply.text)")
    }

    /// Beside tools an answer is either calls or fits the format, whatever the choice leaves of both.
    @Test(
        arguments: [
            ("auto", nil), ("any", "tool_use"), ("none", "text"),
        ] as [(String, String?)])
    func anAnswerBesideToolsIsCallsOrFitsTheFormat(choice: String, type: String?) async throws {
        let client = try Self.client()
        let format: JSONValue = ["type": "json_schema", "schema": ["enum": ["red", "blue"]]]
        for thinks in [true, false] {
            for seed in 0..<6 {
                let body = try Self.body([
                    "tools": Self.tools, "tool_choice": ["type": .string(choice)],
                    "output_config": ["format": format], "max_tokens": 200, "temperature": 2, "seed": .number(seed),
                ]).adding(
                    "thinking", thinks ? ["type": "enabled", "budget_tokens": 5] : ["type": "disabled"])
                let json = try await client.post("/v1/messages", body).json
                let blocks = try #require(json["content"]?.arrayValue, "\(json.serialized())")
                for block in blocks where block["type"] != "thinking" {
                    #expect(type == nil || block["type"]?.stringValue == type)
                    guard json["stop_reason"] != "max_tokens" else { continue }
                    if block["type"] == "tool_use" {
                        #expect(block["name"] == "fetch")
                        #expect(block["input"]?["a"]?.isNull ?? true || block["input"]?["a"]?.intValue != nil)
                    } else {
                        let text = try #require(block["text"]?.stringValue)
                        #expect(try ["red", "blue"].contains(JSONValue(parsing: text)), "\(text)")
                    }
                }
                let kinds = Set(blocks.compactMap { $0["type"]?.stringValue }).subtracting(["thinking"])
                #expect(kinds.count <= 1)
            }
        }
    }

    @Test func effortBoundsThinking() throws {
        let low = try Self.request(Self.body(["thinking": ["type": "adaptive"], "output_config": ["effort": "low"]]))
        #expect(low.thinkingBudget == 1024)
        let both = try Self.request(
            Self.body(["thinking": ["type": "enabled", "budget_tokens": 9], "output_config": ["effort": "low"]]))
        #expect(both.thinkingBudget == 9)
    }

    @Test func noCutChangesAMessage() async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 51)
        for round in propertyRounds(200) {
            let reply = RandomReply(of: client.model, &random).tokens
            let body = Self.randomBody(round, &random)
            try client.model.prepare(reply, for: Self.request(body))
            let cut = try await client.cut("/v1/messages", body, &random)
            let left = try Accumulation(cut.streamed.namedEvents.map(\.data))
            let right = try Accumulation(whole: cut.whole.json)
            #expect(left == right, "round \(round): \(client.model.tokenizer.decode(reply))")
        }
    }

    private static func randomBody(_ round: Int, _ random: inout SeededGenerator) -> JSONValue {
        var members: JSONObject = ["seed": 1]
        if Bool.random(using: &random) { members["tools"] = Self.tools }
        if Bool.random(using: &random) { members["stop_sequences"] = ["STOP"] }
        if Bool.random(using: &random) { members["thinking"] = ["type": "enabled"] }
        members["max_tokens"] = RandomReply.maximum(&random)
        return body(members, text: "Round \(round)")
    }

    @Test func streamedAndWholeRepliesAreTheSame() async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 5)
        for round in 0..<100 {
            let reply = RandomReply(of: client.model, &random).tokens
            var body = Self.randomBody(round, &random)
            try client.model.prepare(reply, for: Self.request(body))
            let whole = try await client.post("/v1/messages", body).json
            body = try body.adding("stream", true)
            let events = try await client.post("/v1/messages", body).namedEvents
            let left = try Accumulation(events.map(\.data))
            let right = try Accumulation(whole: whole)
            #expect(left == right, "round \(round): \(client.model.tokenizer.decode(reply))")
        }
    }
}

/// What a client puts together of a stream, and what a whole reply has; ids of calls are random and left out.
private struct Accumulation: Equatable {
    var blocks: [JSONObject] = []
    var stopReason: JSONValue?
    var outputTokens: JSONValue?

    init(_ events: [JSONValue]) throws {
        var inputs: [Int: String] = [:]
        for event in events {
            let index = event["index"]?.intValue ?? 0
            switch event["type"] {
            case "content_block_start":
                #expect(index == blocks.count)
                blocks.append(try #require(event["content_block"]?.objectValue))
            case "content_block_delta":
                #expect(index == blocks.count - 1)
                for (key, value) in try #require(event["delta"]?.objectValue) where key != "type" {
                    if key == "partial_json" {
                        inputs[index, default: ""] += value.stringValue ?? ""
                    } else {
                        blocks[index][key] = .string(
                            (blocks[index][key]?.stringValue ?? "") + (value.stringValue ?? ""))
                    }
                }
            case "message_delta":
                stopReason = event["delta"]
                outputTokens = event["usage"]?["output_tokens"]
            default: continue
            }
        }
        for (index, text) in inputs {
            blocks[index]["input"] = .object((try? JSONValue(parsing: text))?.objectValue ?? [:])
        }
        forgetIdentifiers()
    }

    init(whole: JSONValue) throws {
        blocks = try #require(whole["content"]?.arrayValue).compactMap(\.objectValue)
        stopReason = ["stop_reason": whole["stop_reason"] ?? nil, "stop_sequence": whole["stop_sequence"] ?? nil]
        outputTokens = whole["usage"]?["output_tokens"]
        forgetIdentifiers()
    }

    private mutating func forgetIdentifiers() {
        for index in blocks.indices where blocks[index].contains(key: "id") {
            blocks[index]["id"] = "id"
        }
    }
}
