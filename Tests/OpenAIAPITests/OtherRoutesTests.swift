import JSON
import Serving
import ServingTestSupport
import Testing

@Suite struct OtherRoutesTests {
    @Test func modelsAreListedAndFoundByTheirIds() async throws {
        var options = TestModel.Options()
        options.name = "Qwen/Qwen3-0.6B"
        let client = try APIClient(options)
        let list = try await client.get("/v1/models").json
        #expect(list["object"] == "list")
        let model = try #require(list["data"]?[0])
        #expect(model["id"] == "Qwen/Qwen3-0.6B")
        #expect(model["object"] == "model")
        #expect(model["created"] == 1_795_420_800)
        #expect(model["owned_by"]?.stringValue?.isEmpty == false)
        #expect(
            model["modes"] == [
                "chat": true, "completion": true, "thinking": "hybrid", "tools": true, "embedding": false,
                "reranking": false,
            ])
        #expect(model.objectValue?["license"] == .null)
        for path in ["/v1/models/Qwen/Qwen3-0.6B", "/v1/models/Qwen%2FQwen3-0.6B"] {
            #expect(try await client.get(path).json == model)
        }
        let missing = try await client.get("/v1/models/gpt-4")
        #expect(missing.status == 404)
        #expect(try missing.error("code") == "model_not_found")
    }

    @Test(
        arguments: [
            ("qwen3", "hybrid"), ("qwen3-thinking-2507", "always"), ("qwen3-instruct-2507", "never"),
            ("qwq-32b", "always"), ("qwen3.5-4b", "hybrid"),
        ])
    func modelsTellWhetherTheyThink(template: String, mode: String) async throws {
        var options = TestModel.Options()
        options.template = "templates/\(template).jinja"
        let model = try await APIClient(options).get("/v1/models").json["data"]?[0]
        #expect(model?["modes"]?["thinking"]?.stringValue == mode)
    }

    @Test func modelsThatOnlyEmbedHaveNoOtherMode() async throws {
        var options = TestModel.Options()
        options.abilities = ModelAbilities(generates: false, embedding: EmbeddingMethod())
        let modes = try await APIClient(options).get("/v1/models").json["data"]?[0]?["modes"]
        #expect(
            modes == [
                "chat": false, "completion": false, "thinking": nil, "tools": false, "embedding": true,
                "reranking": false,
            ])
    }

    @Test func textBecomesTokensInBothSpellings() async throws {
        let client = try APIClient()
        let ids = client.model.tokens("Hello there").map { JSONValue.number($0.index) }
        for body: JSONValue in [["content": "Hello there"], ["prompt": "Hello there", "add_special_tokens": false]] {
            let json = try await client.post("/tokenize", body).json
            #expect(json["tokens"] == .array(ids))
            #expect(json["count"]?.intValue == ids.count)
            #expect(json["max_model_len"] == 512)
        }
    }

    @Test func piecesAreTextOrBytes() async throws {
        let client = try APIClient()
        let json = try await client.post("/tokenize", ["content": "a👩‍🚀", "with_pieces": true]).json
        var bytes: [UInt8] = []
        for token in json["tokens"]?.arrayValue ?? [] {
            #expect(token["id"]?.intValue != nil)
            if let text = token["piece"]?.stringValue {
                bytes += Array(text.utf8)
            } else {
                bytes += try #require(token["piece"]?.arrayValue).compactMap(\.intValue).map { UInt8($0) }
            }
        }
        #expect(String(decoding: bytes, as: UTF8.self) == "a👩‍🚀")
        #expect(json["tokens"]?.arrayValue?.contains { $0["piece"]?.arrayValue != nil } == true)
    }

    @Test func tagsAreTokensUnlessAskedOtherwise() async throws {
        let client = try APIClient()
        #expect(try await client.post("/tokenize", ["content": "<|im_end|>"]).json["count"] == 1)
        let plain = try await client.post("/tokenize", ["content": "<|im_end|>", "parse_special": false]).json
        #expect((plain["count"]?.intValue ?? 0) > 1)
    }

    @Test func messagesBecomeTheTokensOfTheirPrompt() async throws {
        let client = try APIClient()
        let body = APIClient.chat()
        let template = try await client.post("/apply-template", body).json
        #expect(template["prompt"] == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n")
        let tokens = try await client.post("/tokenize", body).json["tokens"]
        #expect(tokens == template["tokens"])
        #expect(template["count"]?.intValue == tokens?.arrayValue?.count)
    }

    @Test func aPromptTellsWhereItsOutputBeginsAndWhichToolsItMayCall() async throws {
        var options = TestModel.Options()
        options.template = "templates/qwen3-thinking-2507.jinja"
        let client = try APIClient(options)
        let members: JSONObject = [
            "tools": [["type": "function", "function": ["name": "f"]]], "tool_choice": "required", "think": false,
            "frobnicate": 1,
        ]
        let json = try await client.post("/apply-template", APIClient.chat(members)).json
        #expect(json["starts_in"] == "reasoning")
        #expect(json["tool_mode"] == "required")
        #expect(json["callable_tools"] == ["f"])
        #expect(json["warnings"]?.arrayValue?.compactMap { $0["param"]?.stringValue } == ["frobnicate", "think"])
    }

    @Test func tokensBecomeText() async throws {
        let client = try APIClient()
        let ids = client.model.tokens("Hello 日本").map { JSONValue.number($0.index) }
        let json = try await client.post("/detokenize", ["tokens": .array(ids)]).json
        #expect(json["content"] == "Hello 日本")
        #expect(json["prompt"] == "Hello 日本")
        for tokens: JSONValue in [[-1], [999_999], ["a"], 7, nil] {
            let reply = try await client.post("/detokenize", ["tokens": tokens])
            #expect(reply.status == 400)
            #expect(try reply.error("param")?.stringValue?.hasPrefix("tokens") == true)
        }
    }

    @Test func tokenRoutesRefuseWrongTypes() async throws {
        let client = try APIClient()
        for body: JSONValue in [[:], ["content": 7], ["content": "a", "with_pieces": 1], ["messages": 7]] {
            #expect(try await client.post("/tokenize", body).status == 400)
        }
        #expect(try await client.post("/apply-template", ["messages": []]).status == 400)
    }

    @Test func livenessReadinessAndVersionAreToldApart() async throws {
        let client = try APIClient()
        #expect(try await client.get("/health").json == ["status": "ok"])
        #expect(try await client.get("/ready").json == ["status": "ready"])
        #expect(try await client.get("/version").json == ["version": "1.2.3"])
        client.service.registry.beginLoading("other")
        #expect(try await client.get("/ready").status == 503)
        #expect(try await client.get("/health").status == 200)
        client.service.registry.fail("other", reason: "cut file")
        let failed = try await client.get("/ready")
        #expect(failed.status == 503)
        #expect(failed.header("x-should-retry") == "false")
        client.service.registry.beginDraining()
        let draining = try await client.get("/ready")
        #expect(try draining.error("code") == "shutting_down")
        #expect(try await client.get("/health").status == 200)
    }
}
