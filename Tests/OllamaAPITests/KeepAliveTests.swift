import JSON
import Serving
import ServingTestSupport
import Testing

@testable import OllamaAPI

@Suite(.timeLimit(.minutes(10))) struct KeepAliveTests {
    @Test(
        arguments: [
            (300, .time(.seconds(300))), (1.5, .time(.seconds(1.5))), (0, .time(.zero)), (-1, .forever),
            ("5m", .time(.seconds(300))), ("1h30m", .time(.seconds(5400))), ("1.5h", .time(.seconds(5400))),
            ("250ms", .time(.milliseconds(250))),
            ("0", .time(.zero)), ("-1m", .forever), ("+2s", .time(.seconds(2))), (1e300, .forever),
            ("999999999h", .forever),
        ] as [(JSONValue, KeepAlive)])
    func durationsAreReadAsOllamaReadsThem(value: JSONValue, expected: KeepAlive) {
        #expect(KeepAlive(value) == expected)
    }

    @Test(arguments: ["", "5", "5 m", "m", "five minutes", "1h-30m", true, nil, [], [:]] as [JSONValue])
    func whatIsNoDurationIsRefused(value: JSONValue) async throws {
        #expect(KeepAlive(value) == nil)
        guard value != nil else { return }
        for (path, text) in [("/api/chat", "messages"), ("/api/generate", "prompt"), ("/api/embed", "input")] {
            let body: JSONValue = ["model": "test-model", "keep_alive": value]
            let reply = try await OllamaTests.client().post(path, body)
            #expect(reply.status == 400, "\(path) with \(text)")
            #expect(try reply.json["error"]?.stringValue?.contains("keep_alive") == true)
        }
    }

    /// A client of a server with a model that can be loaded again.
    private func client(isPinned: Bool = false) throws -> APIClient {
        let client = try OllamaTests.client()
        client.service.registry.offer(
            ModelOffer(name: "other", keepAlive: .seconds(300), isPinned: isPinned) {
                try ModelPoolFixture.model().served.description
            } plan: { _ in
                PlannedModel(byteCount: 5) { try ModelPoolFixture.model().served }
            })
        return client
    }

    private func running(_ client: APIClient) async throws -> [JSONValue] {
        let models = try await client.get("/api/ps").json["models"]?.arrayValue ?? []
        return models.filter { $0["name"] == "other" }
    }

    @Test func aRequestLoadsItsModelAndSaysHowLongItStays() async throws {
        let client = try client()
        #expect(try await client.get("/api/tags").json["models"]?.arrayValue?.count == 2)
        #expect(
            try await client.post("/api/show", ["model": "other"]).json["capabilities"] == [
                "completion", "tools", "thinking",
            ])
        #expect(try await running(client) == [])
        let loaded = try await client.post("/api/generate", ["model": "other:latest", "stream": false])
        #expect(try loaded.json["done_reason"] == "load")
        let first = try await running(client)
        #expect(first.map { $0["size"] } == [5])
        let end = try #require(first[0]["expires_at"]?.stringValue)
        let body = OllamaTests.body([
            "model": "other", "keep_alive": -1, "stream": false, "options": ["num_predict": 2],
        ])
        let chat = try await client.post("/api/chat", body)
        #expect(chat.status == 200)
        #expect(try chat.json["warnings"] == nil)
        let second = try #require(try await running(client)[0]["expires_at"]?.stringValue)
        #expect(second > end && second.hasPrefix("2286"))
        let given = try await client.post("/api/chat", ["model": "other", "keep_alive": 0, "stream": false])
        #expect(try given.json["done_reason"] == "unload")
        #expect(try await running(client) == [])
        // Nothing is loaded to be given up.
        _ = try await client.post("/api/chat", ["model": "other", "keep_alive": "0", "stream": false])
        #expect(try await running(client) == [])
    }

    @Test func aModelIsGivenUpBehindTheReplyThatSaysSo() async throws {
        let client = try client()
        let body = OllamaTests.body(["model": "other", "keep_alive": 0, "options": ["num_predict": 2]])
        #expect(try await client.post("/api/chat", body).lines.last?["done"] == true)
        while try await running(client) != [] { await Task.yield() }
    }

    @Test func theModelOfTheStartStaysAndSaysSo() async throws {
        let client = try client(isPinned: true)
        let body = OllamaTests.body(["model": "other", "keep_alive": 0, "stream": false, "options": ["num_predict": 2]])
        let reply = try await client.post("/api/chat", body)
        #expect(try reply.json["warnings"]?[0]?["param"] == "keep_alive")
        #expect(try await running(client).count == 1)
    }
}

private enum ModelPoolFixture {
    static func model() throws -> TestModel {
        var options = TestModel.Options()
        options.name = "other"
        return try TestModel(options)
    }
}
