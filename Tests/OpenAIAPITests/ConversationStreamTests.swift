import HTTP
import HTTPTypes
import JSON
import ServingTestSupport
import TestSupport
import Testing

@testable import APIDoors
@testable import OpenAIAPI

/// Streams by the names of conversations, as llama-server has them.
@Suite(.timeLimit(.minutes(10))) struct ConversationStreamTests {
    private func headers(_ conversation: String, key: String? = nil) throws -> HTTPFields {
        var headers: HTTPFields = [:]
        headers[try #require(HTTPField.Name("X-Conversation-Id"))] = conversation
        if let key { headers[.authorization] = "Bearer \(key)" }
        return headers
    }

    private static let body = APIClient.chat(["stream": true, "max_tokens": 20, "seed": 1]).serializedBytes()

    private func lookUp(_ client: APIClient, _ names: [String]) async throws -> [JSONValue] {
        let names = names.map(JSONValue.string)
        return try await client.post("/v1/streams/lookup", ["conversation_ids": .array(names)]).json.arrayValue ?? []
    }

    @Test func aStreamIsReadOnFromAnyByte() async throws {
        let client = try APIClient()
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: headers("a b/c"), body: Self.body)
        #expect(reply.text.hasSuffix("data: [DONE]\n\n"))
        for count in [0, 1, reply.response.body.count / 2, reply.response.body.count] {
            let rest = try await client.get("/v1/stream?conv_id=a%20b%2Fc&from=\(count)")
            #expect(rest.response.body == Array(reply.response.body.dropFirst(count)))
        }
        #expect(try await client.get("/v1/stream?conv_id=a+b/c").text == reply.text)
    }

    @Test func whatIsNoPlaceInAStreamIsRefused() async throws {
        let client = try APIClient()
        let reply = try await client.send(.post, "/v1/chat/completions", headers: headers("a"), body: Self.body)
        #expect(try await client.get("/v1/stream").status == 400)
        #expect(try await client.get("/v1/stream?conv_id=").status == 400)
        #expect(try await client.get("/v1/stream?conv_id=b").status == 404)
        #expect(try await client.get("/v1/stream?conv_id=a&from=x").status == 400)
        #expect(try await client.get("/v1/stream?conv_id=a&from=-1").status == 400)
        #expect(try await client.get("/v1/stream?conv_id=a&from=\(reply.response.body.count + 1)").status == 400)
        #expect(try await client.send(.delete, "/v1/stream").status == 400)
    }

    @Test func aConversationHasItsNewestStream() async throws {
        let client = try APIClient()
        _ = try await client.send(.post, "/v1/chat/completions", headers: headers("a"), body: Self.body)
        let longer = APIClient.chat(["stream": true, "max_tokens": 30, "seed": 2]).serializedBytes()
        let second = try await client.send(.post, "/v1/chat/completions", headers: headers("a"), body: longer)
        #expect(try await client.get("/v1/stream?conv_id=a").text == second.text)
        #expect(try await lookUp(client, ["a"]).count == 1)
    }

    @Test func streamsAreLookedUpByTheirNamesOnly() async throws {
        let client = try APIClient()
        for name in ["a", "a::test-model", "b"] {
            _ = try await client.send(.post, "/v1/chat/completions", headers: headers(name), body: Self.body)
        }
        let found = try await lookUp(client, ["a", "none"])
        #expect(found.map { $0["conversation_id"] } == ["a", "a::test-model"])
        let size = try await client.get("/v1/stream?conv_id=a").response.body.count
        let first = try #require(found.first)
        #expect(first["is_done"] == true)
        #expect(first["total_bytes"] == .number(size))
        #expect(first["started_at"]?.intValue ?? 0 > 0)
        #expect(first["completed_at"]?.intValue ?? 0 >= first["started_at"]?.intValue ?? 0)
        #expect(try await client.post("/v1/streams/lookup", [:]).status == 400)
    }

    @Test func aStreamThatIsStoppedEndsAndIsForgotten() async throws {
        struct Gone: Error {}
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]))
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { throw Gone() }
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(
                APIClient.chat(["stream": true, "enable_thinking": false]), headers: headers("a"), to: reply)
        }
        #expect(try await lookUp(client, ["a"]).first?["is_done"] == false)
        #expect(try await client.send(.delete, "/v1/stream?conv_id=a").status == 204)
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
        #expect(try await client.get("/v1/stream?conv_id=a").status == 404)
        #expect(try await client.send(.delete, "/v1/stream?conv_id=a").status == 204)
    }

    /// The client hangs up at the head of the reply, or in its middle.
    @Test(arguments: ["", "\"content\":\"."]) func whatCallsAStreamOffMayOvertakeItsRequest(seen: String) async throws {
        struct Gone: Error {}
        let client = try APIClient(
            .droning(try TestModel().tokens(".")[0]), streams: ResumableStreams(overtaking: .seconds(86_400)))
        #expect(try await client.send(.delete, "/v1/stream?conv_id=a").status == 204)
        let reply = WatchedReply { text in
            if seen.isEmpty || text.contains(seen) { throw Gone() }
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(
                APIClient.chat(["stream": true, "enable_thinking": false]), headers: headers("a"), to: reply)
        }
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
        #expect(try await lookUp(client, ["a"]).isEmpty)
    }

    @Test func aStreamMayFollowOneThatWasCalledOff() async throws {
        let client = try APIClient()
        #expect(try await client.send(.delete, "/v1/stream?conv_id=a").status == 204)
        let reply = try await client.send(.post, "/v1/chat/completions", headers: headers("a"), body: Self.body)
        #expect(try await client.get("/v1/stream?conv_id=a").text == reply.text)
    }

    @Test func aConversationIsItsSendersOwn() async throws {
        let client = try APIClient(keys: ["one", "other"])
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: headers("a", key: "one"), body: Self.body)
        let target = "/v1/stream?conv_id=a"
        #expect(try await client.send(.get, target, headers: headers("", key: "other")).status == 404)
        #expect(try await client.send(.delete, target, headers: headers("", key: "other")).status == 204)
        #expect(try await client.send(.get, target, headers: headers("", key: "one")).text == reply.text)
    }
}
