import HTTP
import HTTPTypes
import JSON
import ServingTestSupport
import TestSupport
import Testing

@testable import APIDoors
@testable import OpenAIAPI

/// Streams that go on where their clients come back.
@Suite(.timeLimit(.minutes(10))) struct ResumableStreamTests {
    private static let resumable = HTTPFields(
        [HTTPField.Name("X-Resumable")].compactMap(\.self).map { HTTPField(name: $0, value: "1") })

    private func lastEvent(_ id: String) throws -> HTTPFields {
        HTTPFields([HTTPField(name: try #require(HTTPField.Name("Last-Event-ID")), value: id)])
    }

    private func ids(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) }
    }

    /// The data of all events, without their ids.
    private func data(_ text: String) -> [Substring] {
        text.split(separator: "\n").filter { $0.hasPrefix("data: ") }
    }

    @Test func eventsHaveIdsOnlyWhereTheyAreAskedFor() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "max_tokens": 20, "seed": 1])
        let plain = try await client.chat(body)
        #expect(ids(plain.text).isEmpty)
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: Self.resumable, body: body.serializedBytes())
        let ids = ids(reply.text)
        #expect(ids.count == data(reply.text).count)
        let name = try #require(ids.first?.split(separator: ":").first)
        #expect(ids == (1...ids.count).map { "\(name):\($0)" })
        #expect(data(reply.text).last == "data: [DONE]")
    }

    @Test func theRestOfABrokenStreamIsReadWithItsLastId() async throws {
        struct Gone: Error {}
        let client = try APIClient(.droning(try TestModel().tokens(".")[0], contextLength: 200))
        let body = APIClient.chat(["stream": true, "enable_thinking": false])
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { throw Gone() }
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(body, headers: Self.resumable, to: reply)
        }
        let seen = ids(reply.text)
        let last = try #require(seen.last)
        let name = try #require(last.split(separator: ":").first)
        let rest = try await client.send(.get, "/v1/stream/\(name)", headers: lastEvent(last))
        #expect(rest.status == 200)
        #expect(data(rest.text).last == "data: [DONE]")
        let whole = try await client.get("/v1/stream/\(name)")
        #expect(data(whole.text) == data(reply.text) + data(rest.text))
        #expect(ids(whole.text) == seen + ids(rest.text))
        let from = try await client.get("/v1/stream/\(name)?from=\(seen.count)")
        #expect(from.text == rest.text)
        #expect(client.model.served.engine.statistics.cancelledCount == 0)
    }

    @Test func aStreamThatNobodyComesBackToIsCancelled() async throws {
        struct Gone: Error {}
        let client = try APIClient(
            .droning(try TestModel().tokens(".")[0]), streams: ResumableStreams(absence: .milliseconds(20)))
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { throw Gone() }
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(
                APIClient.chat(["stream": true, "enable_thinking": false]), headers: Self.resumable, to: reply)
        }
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
        let name = try #require(ids(reply.text).last?.split(separator: ":").first)
        #expect(try await client.get("/v1/stream/\(name)").status == 404)
    }

    @Test(arguments: [true, false])
    func aStreamThatNobodyCanComeBackToIsCancelledOnceItHasNoReader(isClosedWhileRead: Bool) async throws {
        struct Gone: Error {}
        let streams = ResumableStreams()
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]), streams: streams)
        let reply = WatchedReply { text in
            guard text.contains("\"content\":\".") else { return }
            if isClosedWhileRead { streams.close() }
            #expect(client.model.served.engine.statistics.cancelledCount == 0)
            throw Gone()
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(
                APIClient.chat(["stream": true, "enable_thinking": false]), headers: Self.resumable, to: reply)
        }
        if !isClosedWhileRead { streams.close() }
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
    }

    @Test func whatIsNotKeptIsGone() {
        let backlog = StreamBacklog(name: "s", byteLimit: 40)
        for text in ["data: one\n\n", ": nothing\n\ndata: two\n\ndata: three\n\n"] {
            backlog.append(Array(text.utf8))
        }
        #expect(backlog.position(behind: 0) == nil)
        #expect(backlog.position(behind: 4) == nil)
        let rest = backlog.position(behind: 1).flatMap(backlog.piece)
        #expect(
            rest.map { String(decoding: $0.bytes, as: UTF8.self) } == "id: s:2\ndata: two\n\nid: s:3\ndata: three\n\n")
        #expect(rest?.end == backlog.position(behind: 3))
        #expect(rest?.isEnd == false)
        backlog.finish()
        #expect(backlog.position(behind: 3).flatMap(backlog.piece)?.isEnd == true)
    }

    @Test func everyByteIsAPlaceToGoOnFrom() throws {
        let backlog = StreamBacklog(name: "s", byteLimit: 60)
        for text in ["data: one\n\n", ": nothing\n\ndata: two\n\n", ": more\n\ndata: three\n\n"] {
            backlog.append(Array(text.utf8))
        }
        let kept = ": nothing\n\nid: s:2\ndata: two\n\n: more\n\nid: s:3\ndata: three\n\n"
        let forgotten = "id: s:1\ndata: one\n\n".utf8.count
        let total = forgotten + kept.utf8.count
        #expect(backlog.summary.byteCount == total)
        for count in forgotten...total {
            let piece = backlog.position(behindByte: count).flatMap(backlog.piece)
            #expect(piece?.bytes == Array(kept.utf8.dropFirst(count - forgotten)))
        }
        #expect(backlog.position(behindByte: forgotten - 1) == nil)
        #expect(backlog.position(behindByte: total + 1) == nil)
    }

    @Test func aStreamIsReadOnlyWithTheKeyThatItWasAskedForWith() async throws {
        let client = try APIClient(keys: ["one", "other"])
        func headers(_ key: String) -> HTTPFields {
            Self.resumable + [HTTPField(name: .authorization, value: "Bearer \(key)")]
        }
        let body = APIClient.chat(["stream": true, "max_tokens": 20])
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: headers("one"), body: body.serializedBytes())
        let name = try #require(ids(reply.text).last?.split(separator: ":").first)
        #expect(try await client.send(.get, "/v1/stream/\(name)", headers: headers("other")).status == 404)
        #expect(try await client.send(.get, "/v1/stream/\(name)", headers: headers("one")).text == reply.text)
    }

    @Test func idsOfOtherStreamsAreRefused() async throws {
        let client = try APIClient()
        let body = APIClient.chat(["stream": true, "max_tokens": 20])
        let reply = try await client.send(
            .post, "/v1/chat/completions", headers: Self.resumable, body: body.serializedBytes())
        let name = try #require(ids(reply.text).last?.split(separator: ":").first)
        for id in ["other:1", "\(name):x", ""] {
            let refused = try await client.send(.get, "/v1/stream/\(name)", headers: lastEvent(id))
            #expect(refused.status == 400, "\(id)")
        }
        #expect(try await client.get("/v1/stream/\(name)?from=-1").status == 400)
        #expect(try await client.get("/v1/stream/\(name)?from=999").status == 410)
        #expect(try await client.get("/v1/stream/none").status == 404)
    }
}

private func + (fields: HTTPFields, others: [HTTPField]) -> HTTPFields {
    HTTPFields(fields.map { $0 } + others)
}
