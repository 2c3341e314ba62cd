import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing
import Tokens

@Suite struct RerankRouteTests {
    static let paths = ["/v1/rerank", "/rerank", "/v2/rerank", "/v1/reranking", "/reranking"]
    static let documents = ["one", "two", "three", "four"]

    /// A model that says yes to prompts of an even number of tokens.
    private func client() throws -> APIClient {
        var options = TestModel.Options()
        options.abilities = ModelAbilities(reranking: .tokens(yes: 7, no: 9))
        options.improvise = { tokens in tokens.count % 2 == 0 ? 7 : 9 }
        return try APIClient(options)
    }

    private func body(_ members: JSONObject = [:]) -> JSONValue {
        var body: JSONObject = [
            "model": "test-model", "query": "Which?", "documents": .array(Self.documents.map { .string($0) }),
        ]
        for (key, value) in members { body[key] = value }
        return .object(body)
    }

    @Test(arguments: paths) func resultsAreSortedByRelevance(path: String) async throws {
        let client = try client()
        let json = try await client.post(path, body()).json
        #expect(json["id"]?.stringValue?.hasPrefix("rerank-") == true)
        #expect(json["model"] == "test-model")
        let results = try #require(json["results"]?.arrayValue)
        let scores = results.compactMap { $0["relevance_score"]?.doubleValue }
        #expect(scores.count == 4)
        #expect(scores == scores.sorted(by: >))
        #expect(scores.allSatisfy { (0...1).contains($0) })
        let indices = results.compactMap { $0["index"]?.intValue }
        #expect(indices.sorted() == [0, 1, 2, 3])
        #expect(results.map { $0["document"]?["text"]?.stringValue } == indices.map { Self.documents[$0] })
        #expect(try #require(json["usage"]?["prompt_tokens"]?.intValue) > 4)
        #expect(json["usage"]?["total_tokens"] == json["usage"]?["prompt_tokens"])
    }

    @Test func theBestAreEnoughAndDocumentsMayStayAway() async throws {
        let client = try client()
        let all = try await client.post("/v1/rerank", body()).json["results"]?.arrayValue ?? []
        let members: JSONObject = ["top_n": 2, "return_documents": false]
        let best = try await client.post("/v1/rerank", body(members)).json["results"]?.arrayValue ?? []
        #expect(best.map { $0["index"] } == all.prefix(2).map { $0["index"] })
        #expect(best.allSatisfy { $0["document"] == nil })
        #expect(try await client.post("/v1/rerank", body(["top_n": 99])).json["results"]?.arrayValue?.count == 4)
    }

    @Test func documentsMayBeObjectsWithATextAndAnInstructionCounts() async throws {
        let client = try client()
        let texts = try await client.post("/v1/rerank", body()).json
        let objects = JSONValue.array(Self.documents.map { ["text": .string($0)] })
        let same = try await client.post("/v1/rerank", body(["documents": objects])).json
        #expect(same["results"] == texts["results"])
        let instructed = try await client.post("/v1/rerank", body(["instruction": "Find the longest of all words"]))
            .json
        #expect(instructed["usage"]?["prompt_tokens"] != texts["usage"]?["prompt_tokens"])
    }

    @Test func textsAreAnsweredInTheWordsOfTextEmbeddingsInference() async throws {
        let client = try client()
        let texts = JSONValue.array(Self.documents.map { .string($0) })
        let plain = try await client.post("/rerank", ["query": "Which?", "texts": texts]).json
        #expect(plain.arrayValue?.count == 4)
        #expect(plain[0]?["score"]?.doubleValue != nil)
        #expect(plain[0]?["text"] == nil)
        let told = try await client.post("/rerank", ["query": "Which?", "texts": texts, "return_text": true]).json
        let index = try #require(told[0]?["index"]?.intValue)
        #expect(told[0]?["text"]?.stringValue == Self.documents[index])
    }

    @Test func whatIsWrongIsRefusedByItsName() async throws {
        let client = try client()
        let cases: [(JSONObject, String)] = [
            (["query": nil], "query"), (["query": 7], "query"), (["documents": nil], "documents"),
            (["documents": []], "documents"), (["documents": "a"], "documents"),
            (["documents": ["a", 7]], "documents[1]"), (["documents": [["title": "a"]]], "documents[0]"),
            (["top_n": 0], "top_n"), (["top_n": "2"], "top_n"), (["instruction": 7], "instruction"),
            (["max_tokens_per_doc": 0], "max_tokens_per_doc"), (["return_documents": 1], "return_documents"),
            (["documents": [.string(String(repeating: "word ", count: 900))]], "documents[0]"),
        ]
        for (members, parameter) in cases {
            let reply = try await client.post("/v1/rerank", body(members))
            #expect(reply.status == 400, "\(members)")
            #expect(try reply.json["error"]?["param"]?.stringValue == parameter, "\(members)")
        }
    }

    @Test func aModelForChatsSaysWhatItWouldNeed() async throws {
        let reply = try await APIClient().post("/v1/rerank", body())
        #expect(reply.status == 400)
        #expect(try reply.json["error"]?["message"]?.stringValue?.contains("--reranking") == true)
    }

    @Test(arguments: ["/v1/rerank", "/rerank"])
    func noBodyMakesTheServerFail(path: String) async throws {
        let client = try client()
        let fields = [
            "query", "documents", "texts", "top_n", "return_documents", "return_text", "instruction",
            "max_tokens_per_doc", "model", "max_latency_ms", "strict",
        ]
        var random = SeededGenerator(seed: UInt64(path.utf8.count))
        for _ in 0..<300 {
            var body: JSONObject = ["query": "Hi", "documents": ["a", "b"]]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                body[fields[Int.random(in: fields.indices, using: &random)]] = RandomJSON.value(depth: 3, &random)
            }
            let reply = try await client.post(path, .object(body))
            #expect(reply.status < 500 || reply.status == 504, "\(JSONValue.object(body).serialized()) → \(reply.text)")
        }
    }
}
