import APIDoors
import HTTPTypes
import JSON
import ServingTestSupport
import TestSupport
import Testing

@testable import OpenAIAPI

/// Replies that are called off while they come.
@Suite(.timeLimit(.minutes(10))) struct AbortTests {
    private func client(keys: [String] = []) throws -> APIClient {
        try APIClient(.droning(try TestModel().tokens(".")[0]), keys: keys)
    }

    /// Calls off what `body` names as soon as it is found.
    private func abort(
        _ client: APIClient, _ body: JSONValue, path: String = "/abort_request", headers: HTTPFields = [:]
    ) async throws {
        while true {
            let reply = try await client.send(.post, path, headers: headers, body: body.serializedBytes())
            #expect(reply.status == 200, "\(reply.text)")
            if try reply.json["aborted"] == 1 { return }
            try await Task.sleep(for: .milliseconds(1))
        }
    }

    private func isCalledOff(_ choice: JSONValue?) -> Bool {
        choice?["finish_reason"] == "length" && choice?["finish_details"]?["limit"] == "client"
    }

    @Test(arguments: ["id", "x-request-id"]) func aStreamEndsWithWhatThereIsOfIt(name: String) async throws {
        let client = try client()
        let (outcomes, report) = AsyncStream.makeStream(of: Reply.self)
        let reply = WatchedReply { text in
            guard text.contains("\"content\":\"."), let id = text.firstMatch(of: /"id":"(chatcmpl-[a-z0-9]+)"/) else {
                return
            }
            let body: JSONValue = ["rid": .string(name == "id" ? String(id.1) : "req_1")]
            Task { report.yield(try await client.post("/abort_request", body)) }
        }
        try await client.stream(APIClient.chat(["stream": true, "enable_thinking": false]), to: reply)
        var iterator = outcomes.makeAsyncIterator()
        #expect(try await iterator.next()?.json == ["aborted": 1])
        let blocks = reply.text.split(separator: "\n\n").filter { $0.hasPrefix("data: ") }
        #expect(blocks.last == "data: [DONE]")
        let last = try JSONValue(parsing: String(blocks[blocks.count - 2].dropFirst(6)))
        #expect(isCalledOff(last["choices"]?[0]))
        #expect(client.model.served.engine.statistics.cancelledCount == 1)
        #expect(try await client.post("/abort_request", body(["rid": "req_1"])).json == ["aborted": 0])
    }

    private func body(_ members: JSONObject) -> JSONValue { .object(members) }

    @Test func aWholeReplyEndsWithWhatThereIsOfIt() async throws {
        let client = try client()
        let body = APIClient.chat(["rid": "mine", "n": 2, "strict": true])
        async let answered = client.chat(body)
        try await abort(client, ["rid": "mine"])
        let reply = try await answered
        #expect(reply.status == 200, "\(reply.text)")
        #expect(isCalledOff(try reply.json["choices"]?[0]))
        #expect(isCalledOff(try reply.json["choices"]?[1]))
    }

    @Test func completionsAreCalledOffToo() async throws {
        let client = try client()
        async let answered = client.post("/v1/completions", ["prompt": "Hi", "rid": "mine", "max_tokens": 2000])
        try await abort(client, ["request_ids": ["mine", "other"]], path: "/abort_requests")
        let choice = try await answered.json["choices"]?[0]
        #expect(choice?["finish_reason"] == "length")
    }

    @Test func allRepliesOfASenderCanBeCalledOff() async throws {
        let client = try client()
        async let first = client.chat(APIClient.chat())
        async let second = client.post("/completion", ["prompt": "Hi"])
        try await Waiting.whileTrue { client.model.served.engine.statistics.runningCount < 2 }
        while try await client.post("/abort_request", ["abort_all": true]).json["aborted"] == 0 {}
        // Whichever reply had not been found yet is called off by the next.
        _ = try await client.post("/abort_request", ["abort_all": true])
        #expect(isCalledOff(try await first.json["choices"]?[0]))
        #expect(try await second.json["stop_type"] == "limit")
    }

    @Test func aReplyIsFoundOnlyWithTheKeyThatItWasAskedForWith() async throws {
        let client = try client(keys: ["one", "other"])
        let headers = ["one", "other"].map { HTTPFields([HTTPField(name: .authorization, value: "Bearer \($0)")]) }
        let body = APIClient.chat(["rid": "mine"])
        async let answered = client.send(
            .post, "/v1/chat/completions", headers: headers[0], body: body.serializedBytes())
        try await Waiting.whileTrue { client.model.served.engine.statistics.runningCount == 0 }
        for request: JSONValue in [["rid": "mine"], ["abort_all": true]] {
            let reply = try await client.send(
                .post, "/abort_request", headers: headers[1], body: request.serializedBytes())
            #expect(try reply.json == ["aborted": 0])
        }
        try await abort(client, ["rid": "mine"], headers: headers[0])
        #expect(isCalledOff(try await answered.json["choices"]?[0]))
    }

    @Test func aRequestMustNameReplies() async throws {
        let client = try APIClient()
        let bodies: [(String, JSONValue, String)] = [
            ("/abort_request", [:], "rid"), ("/abort_request", ["rid": ""], "rid"),
            ("/abort_request", ["rid": 1], "rid"), ("/abort_requests", [:], "request_ids"),
            ("/abort_requests", ["request_ids": "x"], "request_ids"),
        ]
        for (path, body, parameter) in bodies {
            let reply = try await client.post(path, body)
            #expect(reply.status == 400)
            #expect(try reply.error("param") == .string(parameter))
        }
    }

    @Test func aResponseThatIsCancelledKeepsWhatThereIsOfIt() async throws {
        let client = try client()
        async let answered = client.post("/v1/responses", ["input": "Hi", "enable_thinking": false])
        try await Waiting.whileTrue { client.model.served.engine.statistics.runningCount == 0 }
        let id = try await client.idOfRunningReply()
        let path = "/v1/responses/\(id)"
        let cancelled = try await client.send(.post, path + "/cancel")
        #expect(cancelled.status == 200, "\(cancelled.text)")
        #expect(try cancelled.json["status"] == "cancelled")
        #expect(try cancelled.json["id"]?.stringValue == id)
        let whole = try await answered.json
        #expect(whole["status"] == "cancelled")
        #expect(whole["incomplete_details"] == .null)
        #expect(try await client.get(path).json == whole)
        #expect(try await client.send(.post, path + "/cancel").status == 400)
        #expect(try await client.send(.post, "/v1/responses/resp_none/cancel").status == 404)
    }

    @Test func aCompleteResponseIsKnownToItsOwnKeyAlone() async throws {
        let client = try APIClient(keys: ["one", "two"])
        let body: JSONValue = ["input": "Hi", "max_output_tokens": 1]
        let reply = try await client.send(
            .post, "/v1/responses", headers: [.authorization: "Bearer one"], body: body.serializedBytes())
        let id = try #require(try reply.json["id"]?.stringValue)
        for (key, status) in [("one", 400), ("two", 404)] {
            let headers: HTTPFields = [.authorization: "Bearer \(key)"]
            #expect(try await client.send(.post, "/v1/responses/\(id)/cancel", headers: headers).status == status)
        }
    }
}
