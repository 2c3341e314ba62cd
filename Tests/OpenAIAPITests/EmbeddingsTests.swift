import Foundation
import HTTPTypes
import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct EmbeddingsTests {
    private func client(isStrict: Bool = false, contextLength: Int = 512) throws -> APIClient {
        var options = TestModel.Options()
        options.abilities = ModelAbilities(embedding: EmbeddingMethod())
        options.contextLength = contextLength
        return try APIClient(options, isStrict: isStrict)
    }

    /// What the scripted model makes of a text.
    private func vector(_ client: APIClient, _ text: String, dimensions: Int = 8) -> [Float] {
        let state = ScriptedModel.state(client.model.tokens(text)).prefix(dimensions)
        let length = state.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        return state.map { Float(Double($0) / length) }
    }

    private func floats(_ value: JSONValue?) -> [Float] {
        (value?.arrayValue ?? []).compactMap { $0.doubleValue.map(Float.init) }
    }

    @Test func aListHasExactlyTheFieldsThatClientsExpect() async throws {
        let client = try client()
        let json = try await client.post("/v1/embeddings", ["model": "test-model", "input": ["One", "Two"]]).json
        #expect(json["object"] == "list")
        #expect(json["model"] == "test-model")
        let data = try #require(json["data"]?.arrayValue)
        #expect(data.map { $0["object"] } == ["embedding", "embedding"])
        #expect(data.map { $0["index"] } == [0, 1])
        #expect(data.map { floats($0["embedding"]) } == [vector(client, "One"), vector(client, "Two")])
        let count = client.model.tokens("One").count + client.model.tokens("Two").count
        #expect(json["usage"]?["prompt_tokens"]?.intValue == count)
        #expect(json["usage"]?["total_tokens"]?.intValue == count)
        #expect(json["warnings"] == nil)
    }

    @Test func allFourKindsOfInputAreRead() async throws {
        let client = try client()
        let first = JSONValue.array(client.model.tokens("A").map { .number($0.index) })
        let second = JSONValue.array(client.model.tokens("B").map { .number($0.index) })
        let inputs: [(JSONValue, [String])] = [
            ("A", ["A"]), (["A", "B"], ["A", "B"]), (first, ["A"]), ([first, second], ["A", "B"]),
        ]
        for (input, texts) in inputs {
            let json = try await client.post("/v1/embeddings", ["input": input]).json
            #expect(json["data"]?.arrayValue?.map { floats($0["embedding"]) } == texts.map { vector(client, $0) })
        }
    }

    @Test func base64HoldsTheSameNumbers() async throws {
        let client = try client()
        let body: JSONValue = ["input": "One", "encoding_format": "base64", "dimensions": 3]
        let json = try await client.post("/v1/embeddings", body).json
        let text = try #require(json["data"]?[0]?["embedding"]?.stringValue)
        let bytes = [UInt8](try #require(Data(base64Encoded: text)))
        let values = stride(from: 0, to: bytes.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) })
        }
        #expect(values == vector(client, "One", dimensions: 3))
    }

    @Test func whatIsWrongIsRefusedByItsName() async throws {
        let client = try client(contextLength: 16)
        let long = JSONValue.string(String(repeating: "word ", count: 50))
        let cases: [(JSONObject, String)] = [
            ([:], "input"), (["input": nil], "input"), (["input": []], "input"), (["input": ""], "input"),
            (["input": ["a", ""]], "input"), (["input": 7], "input"), (["input": ["a", 7]], "input[1]"),
            (["input": [1, "a"]], "input[1]"), (["input": [[1], "a"]], "input[1]"), (["input": [[]]], "input"),
            (["input": [1.5]], "input[0]"), (["input": [99_999_999]], "input"), (["input": [-1]], "input"),
            (["input": "a", "encoding_format": "int8"], "encoding_format"),
            (["input": "a", "encoding_format": 1], "encoding_format"),
            (["input": "a", "dimensions": 0], "dimensions"), (["input": "a", "dimensions": 9], "dimensions"),
            (["input": "a", "dimensions": "8"], "dimensions"), (["input": ["a", long]], "input[1]"),
            (["input": "a", "embd_normalize": 0], "embd_normalize"),
            (["input": "a", "truncate_prompt_tokens": 4], "truncate_prompt_tokens"),
            (["input": .array(Array(repeating: "a", count: 2049))], "input"),
        ]
        for (body, parameter) in cases {
            let reply = try await client.post("/v1/embeddings", .object(body))
            #expect(reply.status == 400, "\(body.keys)")
            #expect(try reply.json["error"]?["param"]?.stringValue == parameter)
        }
        let reply = try await client.post("/v1/embeddings", ["input": long])
        #expect(try reply.json["error"]?["code"] == "context_length_exceeded")
    }

    @Test func aModelForChatsSaysWhatItWouldNeed() async throws {
        let reply = try await APIClient().post("/v1/embeddings", ["input": "Hi"])
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?["param"] == "model")
        #expect(try reply.json["error"]?["message"]?.stringValue?.contains("--embeddings") == true)
    }

    @Test func aModelForEmbeddingsSaysThatItDoesNotChat() async throws {
        var options = TestModel.Options()
        options.abilities = ModelAbilities(generates: false, embedding: EmbeddingMethod())
        let reply = try await APIClient(options).chat(APIClient.chat())
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?["param"] == "model")
    }

    @Test func fieldsWithoutEffectAreNamedOrRefused() async throws {
        let body: JSONValue = ["input": "Hi", "user": "me", "colour": "red"]
        let reply = try await client().post("/v1/embeddings", body)
        #expect(try reply.json["warnings"]?.arrayValue?.map { $0["param"] } == ["user", "colour"])
        #expect(try await client(isStrict: true).post("/v1/embeddings", body).status == 400)
    }

    @Test func llamaServersOwnFormIsAnArrayOfLists() async throws {
        let client = try client()
        let state = ScriptedModel.state(client.model.tokens("One"))
        for path in ["/embedding", "/embeddings"] {
            let json = try await client.post(path, ["content": "One"]).json
            #expect(json[0]?["index"] == 0)
            #expect(floats(json[0]?["embedding"]?[0]) == vector(client, "One"))
            let plain = try await client.post(path, ["input": ["One", "Two"], "embd_normalize": -1]).json
            #expect(plain.arrayValue?.count == 2)
            #expect(floats(plain[0]?["embedding"]?[0]) == state)
            #expect(try await client.post(path, [:]).json["error"]?["param"] == "content")
        }
        let taxicab = floats(
            try await client.post("/embedding", ["content": "One", "embd_normalize": 1]).json[0]?["embedding"]?[0])
        #expect(abs(taxicab.reduce(0) { $0 + $1.magnitude } - 1) < 1e-6)
    }

    @Test func aRequestsTimeCanBeLimited() async throws {
        let client = try client()
        let name = try #require(HTTPField.Name("X-Request-Timeout"))
        let body: JSONValue = ["input": "Hi"]
        let reply = try await client.send(
            .post, "/v1/embeddings", headers: [name: "0"], body: body.serializedBytes())
        #expect(reply.status == 504)
        #expect(try await client.post("/v1/embeddings", ["input": "Hi", "max_latency_ms": 60_000]).status == 200)
    }

    @Test(arguments: ["/v1/embeddings", "/embedding"])
    func noBodyMakesTheServerFail(path: String) async throws {
        let client = try client()
        let fields = [
            "input", "content", "dimensions", "encoding_format", "embd_normalize", "model", "user", "strict",
            "max_latency_ms",
            "cache_salt", "cache_prompt",
        ]
        var random = SeededGenerator(seed: UInt64(path.utf8.count))
        for _ in 0..<300 {
            var body: JSONObject = ["input": "Hi"]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                body[fields[Int.random(in: fields.indices, using: &random)]] = RandomJSON.value(depth: 3, &random)
            }
            let reply = try await client.post(path, .object(body))
            #expect(reply.status < 500 || reply.status == 504, "\(JSONValue.object(body).serialized()) → \(reply.text)")
        }
    }
}
