import APIDoors
import Chat
import JSON
import Models
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@testable import OllamaAPI

@Suite struct OllamaTests {
    static let tools: JSONValue = [
        [
            "type": "function",
            "function": ["name": "fetch", "parameters": ["type": "object", "properties": [:]]],
        ]
    ]

    static let settings = APISettings(version: "")

    static func client() throws -> APIClient {
        try APIClient { .ollama(service: $0, settings: $1) }
    }

    @Test func everyRouteAsksForAKey() async throws {
        let client = try APIClient(keys: ["secret"]) { .ollama(service: $0, settings: $1) }
        #expect(!client.door.routes.isEmpty)
        #expect(try await client.routesThatAskForNoKey() == [])
    }

    @Test func aFactorOfYaRNCanBePinned() async throws {
        var options = TestModel.Options()
        options.contextLength = 800
        options.windows = [ContextWindow(factor: 1, length: 200), ContextWindow(factor: 4, length: 800)]
        let client = try APIClient(options) { .ollama(service: $0, settings: $1) }
        let generate: JSONObject = ["model": "test-model", "prompt": "Hi", "options": ["num_predict": 3]]
        for (path, body) in [
            ("/api/chat", Self.body(["options": ["num_predict": 3]])), ("/api/generate", .object(generate)),
            ("/api/generate", try JSONValue.object(generate).adding("raw", true)),
        ] {
            #expect(try await client.post(path, body.adding("rope_factor", 4)).status == 200)
            let refused = try await client.post(path, body.adding("rope_factor", 2))
            #expect(refused.status == 400)
            #expect(try refused.json["error"] == "'rope_factor' must be one of 1 and 4, not 2.")
        }
    }

    static func body(_ members: JSONObject = [:], text: String = "Hi") -> JSONValue {
        var body: JSONObject = ["model": "test-model", "messages": [["role": "user", "content": .string(text)]]]
        for (key, value) in members {
            body[key] = value
        }
        return .object(body)
    }

    static func request(_ call: OllamaCall) throws -> ChatRequest {
        guard case .chat(var request) = call.work else { throw APIError.internalFailure("no chat") }
        request.model = call.model
        return request
    }

    static func chat(_ body: JSONValue) throws -> ChatRequest {
        try request(OllamaDecoder.call(.chat, from: try #require(body.objectValue), settings: settings))
    }

    private static let nested: [(JSONObject, String)] = [
        (["messages": [["role": "user", "content": "Hi", "x": 1]]], "messages[0].x"),
        (
            [
                "messages": [
                    ["role": "user", "content": "Hi"],
                    ["role": "assistant", "tool_calls": [["function": ["name": "f", "arguments": [:], "x": 1]]]],
                    ["role": "tool", "tool_name": "f", "content": "1"],
                ]
            ], "messages[1].tool_calls[0].function.x"
        ),
        (["tools": [["type": "function", "x": 1, "function": ["name": "f"]]]], "tools[0].x"),
    ]

    @Test(arguments: nested) func unknownFieldsAreNamedByTheirPaths(members: JSONObject, path: String) async throws {
        let client = try Self.client()
        let body = try Self.body(members).adding("stream", false).adding("options", ["num_predict": 8])
        let reply = try await client.post("/api/chat", body)
        #expect(reply.status == 200, "\(reply.text)")
        let warned = try reply.json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue }
        #expect(warned == [path])
        #expect(try await client.post("/api/chat", body.adding("strict", true)).status == 400)
    }

    @Test func aStreamIsALineForEachPieceAndALastOneWithTheCounts() async throws {
        let client = try Self.client()
        let body = Self.body(["think": true, "tools": Self.tools])
        try client.model.prepare(
            "<think>\nhm\n</think>\n\nSo.\n<tool_call>\n{\"name\": \"fetch\", \"arguments\": {\"a\": 1}}\n</tool_call>",
            for: Self.chat(body))
        let lines = try await client.post("/api/chat", body).lines
        #expect(lines.dropLast().allSatisfy { $0["done"] == false && $0["message"]?["role"] == "assistant" })
        #expect(lines.compactMap { $0["message"]?["thinking"]?.stringValue }.joined() == "hm")
        let calls = lines.compactMap { $0["message"]?["tool_calls"]?[0]?["function"] }
        #expect(calls == [["name": "fetch", "arguments": ["a": 1]]])
        let last = try #require(lines.last)
        #expect(last["done"] == true)
        #expect(last["done_reason"] == "stop")
        #expect(last["message"]?["content"] == "")
        for key in ["total_duration", "prompt_eval_count", "eval_count", "eval_duration", "prompt_eval_duration"] {
            #expect(last[key]?.intValue ?? 0 > 0, "\(key)")
        }
    }

    @Test func generateIsAChatOfOneMessageOrRawText() async throws {
        let client = try Self.client()
        let body: JSONObject = [
            "model": "test-model:latest", "prompt": "Hi", "system": "Be brief.", "think": false, "stream": false,
        ]
        var request = try Self.request(OllamaDecoder.call(.generate, from: body, settings: Self.settings))
        #expect(request.messages.map(\.role) == [.system, .user])
        #expect(request.thinking == false)
        request.model = nil
        try client.model.prepare("Hello", for: request)
        let reply = try await client.post("/api/generate", .object(body)).json
        #expect(reply["response"] == "Hello")
        #expect(reply["thinking"] == nil)
        client.model.prepare(" upon a time", forText: "Once")
        let raw = try await client.post(
            "/api/generate", ["model": "test-model", "prompt": "Once", "raw": true, "stream": false]
        ).json
        #expect(raw["response"] == " upon a time")
    }

    @Test func anEmptyRequestOnlyLoads() async throws {
        let client = try Self.client()
        let loaded = try await client.post("/api/generate", ["model": "test-model"]).lines
        #expect(loaded.map { $0["done_reason"] } == ["load"])
        let given = try await client.post("/api/chat", ["model": "test-model", "messages": [], "keep_alive": 0]).lines
        #expect(given.map { $0["done_reason"] } == ["unload"])
        let checked = try await client.post(
            "/api/generate", ["model": "test-model", "options": ["seed": 0.5], "stream": false])
        #expect(checked.status == 400)
        let idle = try await client.post(
            "/api/generate", ["model": "test-model", "options": ["seed": 5], "stream": false])
        #expect(try idle.json["warnings"]?[0]?["param"] == "options")
    }

    @Test func optionsAndLevelsAreRead() throws {
        let request = try Self.chat(
            Self.body([
                "think": "low",
                "options": [
                    "num_predict": 7, "temperature": 0.5, "top_k": 3, "seed": 9, "stop": ["a"], "repeat_penalty": 1.1,
                ],
            ]))
        #expect(request.thinking == true)
        #expect(request.thinkingBudget == 1024)
        #expect(request.options.maximumTokens == 7)
        #expect(request.options.temperature == 0.5)
        #expect(request.options.topK == 3)
        #expect(request.options.seed == 9)
        #expect(request.options.stopStrings == ["a"])
        #expect(request.options.repetitionPenalty == 1.1)
        #expect(try Self.chat(Self.body(["options": ["num_predict": -1]])).options.maximumTokens == nil)
    }

    @Test func errorsAreOneLine() async throws {
        let client = try Self.client()
        let missing = try await client.post("/api/chat", Self.body(["model": "no"]))
        #expect(missing.status == 404)
        #expect(try missing.json["error"]?.stringValue != nil)
        #expect(try await client.post("/api/chat", Self.body(["format": "xml"])).status == 400)
        #expect(try await client.post("/api/chat", Self.body(["options": ["top_p": 7]])).text.contains("top_p"))
        #expect(try await client.get("/api/no").json["error"]?.stringValue != nil)
    }

    @Test(arguments: ["response_format", "guided_json", "json_schema", "structured_outputs"], ["chat", "generate"])
    func formsOfOtherDialectsAreRefused(field: String, route: String) async throws {
        var body: JSONObject = ["model": "test-model", field: ["type": "json_object"]]
        body[route == "chat" ? "messages" : "prompt"] = route == "chat" ? [["role": "user", "content": "Hi"]] : "Hi"
        let reply = try await Self.client().post("/api/\(route)", .object(body))
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?.stringValue?.contains("'\(field)'") == true)
    }

    @Test func modelsAreListedAndShown() async throws {
        let client = try Self.client()
        #expect(try await client.get("/api/tags").json["models"]?[0]?["name"] == "test-model")
        #expect(try await client.get("/api/ps").json["models"]?[0]?["context_length"] == 512)
        let shown = try await client.post("/api/show", ["model": "test-model:latest"]).json
        #expect(shown["capabilities"] == ["completion", "tools", "thinking"])
        #expect(try await client.get("/api/version").json == ["version": "0.12.0", "ponder": "1.2.3"])
    }

    @Test(arguments: ["/api/chat", "/api/generate", "/api/show"])
    func noBodyMakesTheServerFail(path: String) async throws {
        try await Self.client().checkRandomBodies(
            path,
            with: [
                "model": "test-model", "messages": [["role": "user", "content": "Hi"]], "prompt": "Hi",
                "options": ["num_predict": 2],
            ])
    }

    @Test func theDescriptionIsWhatIsAnswered() async throws {
        try await Self.client().checkDescription(free: ["parameters"])
    }

    @Test func whatChangesNothingIsNamedAndCanBeRefused() async throws {
        let client = try Self.client()
        for member: (String, JSONValue) in [("keep_alive", "5m"), ("options", ["num_gpu": 1]), ("frobnicate", 1)] {
            let body = Self.body([member.0: member.1, "stream": false])
            let reply = try await client.post("/api/chat", body)
            let name = member.0 == "options" ? "options.num_gpu" : member.0
            #expect(try reply.json["warnings"]?[0]?["param"] == .string(name))
            #expect(reply.header("X-Warnings")?.hasPrefix("\(name): ") == true)
            let strict = try await client.post("/api/chat", body.adding("strict", true))
            #expect(strict.status == 400)
            #expect(try strict.json["error"]?.stringValue?.contains(name) == true)
        }
    }

    private static func randomMembers(_ random: inout SeededGenerator) -> JSONObject {
        var members: JSONObject = [
            "options": ["num_predict": RandomReply.maximum(&random), "seed": 1]
        ]
        if Bool.random(using: &random) {
            members["logprobs"] = true
            members["top_logprobs"] = 1
            members["reasoning_logprobs"] = .bool(Bool.random(using: &random))
        }
        if Bool.random(using: &random) { members["tools"] = tools }
        if Bool.random(using: &random) { members["think"] = false }
        return members
    }

    @Test func streamedAndWholeChatsAreTheSame() async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 9)
        for round in 0..<100 {
            let reply = RandomReply(of: client.model, &random).tokens
            let body = Self.body(Self.randomMembers(&random), text: "Round \(round)")
            try client.model.prepare(reply, for: Self.chat(body))
            let lines = try await client.post("/api/chat", body).lines
            let whole = try await client.post("/api/chat", body.adding("stream", false)).json
            try expectSame(lines, whole, "round \(round)")
        }
    }

    @Test(arguments: ["/api/chat", "/api/generate"])
    func noCutChangesAReply(path: String) async throws {
        let client = try Self.client()
        var random = SeededGenerator(seed: 91)
        for round in propertyRounds(200) {
            let reply = RandomReply(of: client.model, &random).tokens
            var body = Self.body(Self.randomMembers(&random), text: "Round \(round)")
            let isRaw = path == "/api/generate" && Bool.random(using: &random)
            if isRaw {
                client.model.replies.prepare(reply, for: client.model.tokens("Round \(round)"))
            } else {
                try client.model.prepare(reply, for: Self.chat(body))
            }
            if path == "/api/generate" {
                body = try body.adding("prompt", .string("Round \(round)")).adding("raw", .bool(isRaw))
            }
            let cut = try await client.cut(path, body, &random)
            try expectSame(cut.streamed.lines, cut.whole.json, "\(path), round \(round)")
        }
    }

    private func expectSame(_ lines: [JSONValue], _ whole: JSONValue, _ place: Comment) throws {
        for key in ["content", "thinking"] {
            let streamed = lines.compactMap { $0["message"]?[key]?.stringValue }.joined()
            #expect(streamed == whole["message"]?[key]?.stringValue ?? "", place)
        }
        for key in ["response", "thinking"] {
            let streamed = lines.compactMap { $0[key]?.stringValue }.joined()
            #expect(streamed == whole[key]?.stringValue ?? "", place)
        }
        func functions(_ value: JSONValue) -> [JSONValue] {
            (value["message"]?["tool_calls"]?.arrayValue ?? []).compactMap { $0["function"] }
        }
        #expect(lines.flatMap(functions) == functions(whole), place)
        for key in ["logprobs", "reasoning_logprobs"] {
            #expect(lines.flatMap { $0[key]?.arrayValue ?? [] } == whole[key]?.arrayValue ?? [], place)
        }
        for key in ["done_reason", "eval_count"] {
            #expect(lines.last?[key] == whole[key], place)
        }
    }
}
