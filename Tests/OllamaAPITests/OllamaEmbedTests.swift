import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@testable import OllamaAPI

@Suite struct OllamaEmbedTests {
    private func client() throws -> APIClient {
        var options = TestModel.Options()
        options.contextLength = 32
        options.abilities = ModelAbilities(generates: false, embedding: EmbeddingMethod())
        return try APIClient(options) { .ollama(service: $0, settings: $1) }
    }

    private func vector(_ tokens: some Collection<TokenID>, dimensions: Int = 8) -> [Float] {
        let state = ScriptedModel.state(Array(tokens)).prefix(dimensions)
        let length = state.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return state.map { Float(Double($0) / length) }
    }

    private func floats(_ value: JSONValue?) -> [Float] {
        (value?.arrayValue ?? []).compactMap { $0.doubleValue.map(Float.init) }
    }

    @Test func aTextOrSeveralBecomeEmbeddings() async throws {
        let client = try client()
        let one = try await client.post("/api/embed", ["model": "test-model:latest", "input": "One"]).json
        #expect(one["model"] == "test-model:latest")
        #expect(one["embeddings"]?.arrayValue?.map(floats) == [vector(client.model.tokens("One"))])
        #expect(one["prompt_eval_count"]?.intValue == client.model.tokens("One").count)
        #expect(try #require(one["total_duration"]?.intValue) > 0)
        let body: JSONValue = ["model": "test-model", "input": ["One", "Two"], "dimensions": 4]
        let two = try await client.post("/api/embed", body).json
        #expect(
            two["embeddings"]?.arrayValue?.map(floats)
                == ["One", "Two"].map { vector(client.model.tokens($0), dimensions: 4) })
    }

    @Test func longTextsAreCutUnlessTheyShallNotBe() async throws {
        let client = try client()
        let text = String(repeating: "word ", count: 50)
        let cut = try await client.post("/api/embed", ["model": "test-model", "input": .string(text)]).json
        #expect(cut["embeddings"]?.arrayValue?.map(floats) == [vector(client.model.tokens(text).prefix(32))])
        let body: JSONValue = ["model": "test-model", "input": .string(text), "truncate": false]
        let refused = try await client.post("/api/embed", body)
        #expect(refused.status == 400)
        #expect(try refused.json["error"]?.stringValue?.contains("context") == true)
    }

    @Test func theOlderEndpointTakesOneText() async throws {
        let client = try client()
        let json = try await client.post("/api/embeddings", ["model": "test-model", "prompt": "One"]).json
        #expect(floats(json["embedding"]) == vector(client.model.tokens("One")))
    }

    @Test func withoutATextTheModelIsOnlyLoaded() async throws {
        let client = try client()
        let embed = try await client.post("/api/embed", ["model": "test-model"]).json
        #expect(embed["embeddings"] == [])
        let older = try await client.post("/api/embeddings", ["model": "test-model", "prompt": ""]).json
        #expect(older["embedding"] == [])
        #expect(try await client.post("/api/embed", ["model": "other"]).status == 404)
    }

    @Test func whatIsWrongIsRefused() async throws {
        let client = try client()
        for members: JSONObject in [
            ["input": 7], ["input": ["a", 7]], ["input": "a", "dimensions": 9], ["input": "a", "truncate": 1],
            ["input": ["a", ""]],
        ] {
            var body = members
            body["model"] = "test-model"
            #expect(try await client.post("/api/embed", .object(body)).status == 400, "\(members)")
        }
        #expect(try await client.post("/api/embed", ["input": "a"]).status == 400)
        let chat = try await client.post("/api/chat", OllamaTests.body())
        #expect(chat.status == 400)
    }

    @Test func aModelShowsThatItEmbeds() async throws {
        let shown = try await client().post("/api/show", ["model": "test-model"]).json
        #expect(shown["capabilities"] == ["embedding"])
    }

    @Test(arguments: ["/api/embed", "/api/embeddings"])
    func noBodyMakesTheServerFail(path: String) async throws {
        let client = try client()
        let fields = ["model", "input", "prompt", "dimensions", "truncate", "options", "keep_alive"]
        var random = SeededGenerator(seed: UInt64(path.utf8.count))
        for _ in 0..<300 {
            var body: JSONObject = ["model": "test-model", "input": "Hi", "prompt": "Hi"]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                body[fields[Int.random(in: fields.indices, using: &random)]] = RandomJSON.value(depth: 3, &random)
            }
            let reply = try await client.post(path, .object(body))
            #expect(reply.status < 500 || reply.status == 504, "\(JSONValue.object(body).serialized()) → \(reply.text)")
        }
    }
}
