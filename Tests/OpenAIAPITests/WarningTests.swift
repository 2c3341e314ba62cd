import HTTP
import JSON
import ServingTestSupport
import Testing

@testable import OpenAIAPI

/// Nothing is silently ignored: a field does something, or is warned of, or is refused.
@Suite struct WarningTests {
    private func warned(_ reply: Reply) throws -> [String] {
        try reply.json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } ?? []
    }

    /// Fields of OpenAI's API and of its kin that change nothing here.
    private static let ineffective: [(String, JSONValue)] = [
        ("metadata", ["a": "b"]), ("prediction", ["type": "content", "content": "x"]), ("prompt_cache_key", "k"),
        ("prompt_cache_retention", "24h"), ("safety_identifier", "s"), ("service_tier", "priority"), ("store", true),
        ("user", "u"), ("verbosity", "low"), ("id_slot", 0), ("n_cache_reuse", 1), ("mirostat", 2),
        ("typical_p", 0.5), ("top_n_sigma", 1.5), ("xtc_probability", 0.5), ("dry_multiplier", 0.8),
        ("dynatemp_range", 0.5), ("samplers", ["top_k"]), ("session_params", ["id": "s"]),
        ("mm_processor_kwargs", ["a": 1]), ("keep_alive", "5m"), ("options", ["num_ctx": 512]), ("num_ctx", 512),
        ("adaptive_target", 0.5), ("skip_special_tokens", false), ("spaces_between_special_tokens", true),
        ("length_penalty", 1.5), ("kv_transfer_params", ["a": 1]),
    ]

    @Test func whatChangesNothingIsNamedInBodyAndHead() async throws {
        let client = try APIClient()
        for (key, value) in Self.ineffective {
            let reply = try await client.chat(APIClient.chat([key: value]))
            #expect(reply.status == 200, "\(key): \(reply.text)")
            #expect(try warned(reply) == [key])
            #expect(reply.header("X-Warnings")?.hasPrefix("\(key): ") == true)
        }
    }

    @Test func `a reply that may come late needs no warning`() async throws {
        let client = try APIClient()
        #expect(try warned(try await client.chat(APIClient.chat(["service_tier": "flex"]))) == [])
        #expect(try warned(try await client.chat(APIClient.chat(["service_tier": "auto"]))) == [])
    }

    private static let refused: [(String, JSONValue)] = [
        ("best_of", 2), ("use_beam_search", true),
        ("grammar", "root ::= missing"), ("ebnf", "x"),
        ("stop_regex", "a"), ("bad_words", ["a"]),
        ("allowed_token_ids", [1]), ("truncate_prompt_tokens", 5), ("logits_processors", ["a"]),
        ("chat_template", "{{ messages }}"), ("documents", [["text": "x"]]), ("audio", ["voice": "a"]),
        ("modalities", ["audio"]), ("web_search_options", ["a": 1]),
    ]

    @Test(arguments: ["/tokenize", "/detokenize", "/apply-template", "/v1/chat/completions/input_tokens"])
    func smallEndpointsWarnInTheirBodiesToo(path: String) async throws {
        let client = try APIClient()
        var body: JSONObject = ["frobnicate": 1]
        switch path {
        case "/tokenize": body["content"] = "a"
        case "/detokenize": body["tokens"] = [1]
        default: body["messages"] = [["role": "user", "content": "Hi"]]
        }
        let reply = try await client.post(path, .object(body))
        #expect(try reply.json["warnings"]?[0]?["param"] == "frobnicate", "\(reply.text)")
        #expect(reply.header("X-Warnings")?.hasPrefix("frobnicate: ") == true)
    }

    @Test func ofTwoNamesForOneValueTheLoserIsNamed() async throws {
        let client = try APIClient()
        let both = try await client.chat(APIClient.chat(["repetition_penalty": 1.1, "repeat_penalty": 1.2])).json
        #expect(both["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } == ["repeat_penalty"])
        let same = try await client.chat(APIClient.chat(["repetition_penalty": 1.1, "repeat_penalty": 1.1])).json
        #expect(same["warnings"] == nil)
    }

    @Test func whatCannotBeHonouredIsRefused() async throws {
        let client = try APIClient()
        for (key, value) in Self.refused {
            let reply = try await client.chat(APIClient.chat([key: value]))
            #expect(reply.status == 400, "\(key): \(reply.text)")
            #expect(try reply.error("param") == .string(key))
            #expect(try reply.error("code") == "unsupported_value")
        }
    }

    @Test func valuesThatAskForNothingAreNeitherWarnedOfNorRefused() async throws {
        let body = APIClient.chat([
            "best_of": 1, "use_beam_search": false, "bad_words": [], "guided_json": nil, "grammar": "", "documents": [],
        ])
        let reply = try await APIClient().chat(body)
        #expect(reply.status == 200)
        #expect(try warned(reply) == [])
        #expect(reply.header("X-Warnings") == nil)
    }

    private static let smallBodies: [(String, JSONValue)] = [
        ("/tokenize", ["content": "Hi"]), ("/tokenize", ["messages": [["role": "user", "content": "Hi"]]]),
        ("/detokenize", ["tokens": [1]]), ("/apply-template", ["messages": [["role": "user", "content": "Hi"]]]),
        ("/v1/chat/completions/control", ["id": "x", "action": "reasoning_end"]),
    ]

    @Test(arguments: smallBodies)
    func smallEndpointsNameItInTheHead(path: String, body: JSONValue) async throws {
        let client = try APIClient()
        #expect(try await client.post(path, body.adding("strict", true)).status == 200)
        let reply = try await client.post(path, body.adding("frobnicate", 1))
        #expect(reply.status == 200)
        #expect(reply.header("X-Warnings")?.hasPrefix("frobnicate: ") == true)
        #expect(try await client.post(path, body.adding("frobnicate", 1).adding("strict", true)).status == 400)
    }

    /// The same holds in the dialects beside chat completions.
    @Test(arguments: ["/v1/completions", "/v1/responses", "/completion", "/v1/parse"])
    func everyEndpointNamesWhatItDoesNotKnow(path: String) async throws {
        let client = try APIClient()
        let body: JSONValue = ["frobnicate": 1]
        let key = ["/v1/responses": "input", "/v1/parse": "text"][path] ?? "prompt"
        let reply = try await client.post(path, body.adding(key, "Hi"))
        #expect(reply.status == 200, "\(reply.text)")
        #expect(try warned(reply) == ["frobnicate"])
        #expect(reply.header("X-Warnings")?.hasPrefix("frobnicate: ") == true)
        let strict = try await client.post(path, body.adding(key, "Hi").adding("strict", true))
        #expect(strict.status == 400)
        #expect(try strict.error("param") == "frobnicate")
    }

    @Test(arguments: ["user", "prompt_cache_key", "safety_identifier"])
    func whatChangesNothingInAResponseIsNamed(key: String) async throws {
        let body: JSONValue = ["input": "Hi", "store": false]
        let reply = try await APIClient().post("/v1/responses", body.adding(key, "x"))
        #expect(try warned(reply) == [key])
    }

    @Test(arguments: [("qwen3-thinking-2507", false), ("qwen3-instruct-2507", true)])
    func aModelThatCannotObeyTheSwitchSaysSo(template: String, isOn: Bool) async throws {
        var options = TestModel.Options()
        options.template = "templates/\(template).jinja"
        let client = try APIClient(options)
        let asked = try await client.chat(APIClient.chat(["enable_thinking": .bool(isOn)]))
        #expect(try warned(asked) == ["enable_thinking"])
        let other = try await client.chat(APIClient.chat(["enable_thinking": .bool(!isOn)]))
        #expect(try warned(other) == [])
    }

    @Test func aServerCanBeStrictForAllRequests() async throws {
        let client = try APIClient(isStrict: true)
        let reply = try await client.chat(APIClient.chat(["frobnicate": 1]))
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "frobnicate")
        #expect(try await client.chat(APIClient.chat(["frobnicate": 1, "strict": false])).status == 200)
        #expect(try await client.chat(APIClient.chat()).status == 200)
    }

    @Test func strictnessCoversWhatOnlyTheModelKnows() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["max_tokens": 100_000, "strict": true])
        let reply = try await client.chat(body)
        #expect(reply.status == 400)
        #expect(try reply.error("param") == "max_tokens")
    }

    @Test func namesFromOutsideCannotBreakTheHead() async throws {
        let client = try APIClient()
        let reply = try await client.chat(APIClient.chat(["a\r\nX-Evil: é": 1, "stream": true]))
        #expect(reply.header("X-Evil") == nil)
        let header = try #require(reply.header("X-Warnings"))
        #expect(header.hasSuffix("Unknown field; it has no effect."))
        #expect(header.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        #expect(try reply.events.first?["warnings"]?[0]?["param"]?.stringValue?.contains("é") == true)
    }
}
