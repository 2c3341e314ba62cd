import Foundation
import HTTPTypes
import Synchronization
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10)))
struct HTTPServerTests {
    static let hello = Route(.get, "/hello") { _, _, writer in
        try await writer.send(HTTPResponse(status: .ok), body: Array("hello".utf8))
    }
    static let echo = Route(.post, "/echo") { request, _, writer in
        let body = try await request.body.collect(upTo: 1 << 20)
        try await writer.send(HTTPResponse(status: .ok), body: body)
    }
    static let get = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test func aConnectionServesOneRequestAfterTheOther() async throws {
        let test = try await TestServer.start([Self.hello])
        let client = try test.connect()
        for _ in 0..<3 {
            client.send(Self.get)
            let reply = await client.receive(until: "hello")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(reply.contains("content-length: 5\r\n") && reply.contains("x-request-id: req_"))
            #expect(reply.contains("date: ") && !reply.contains("connection: close"))
        }
        await test.server.shutDown(grace: .seconds(5))
        #expect(await client.receiveAll() == "")
        #expect(test.server.connectionCount == 0)
    }

    /// What is brief is answered by a loop's executor, and all else by the pool.
    @Test(arguments: [1, 2]) func briefRequestsAreAnsweredOnTheirLoop(loopCount: Int) async throws {
        let whereabouts = Route(.get, "/{where}") { _, _, writer in
            let isOnLoop = withUnsafeCurrentTask { unsafe $0?.unownedTaskExecutor != nil }
            try await writer.send(HTTPResponse(status: .ok), body: Array("<\(isOnLoop)>".utf8))
        }
        let test = try await TestServer.start([whereabouts]) {
            $0.loopCount = loopCount
            $0.isBrief = { method, target in method == .get && target == "/brief" }
        }
        for _ in 0..<4 {
            let client = try test.connect()
            for _ in 0..<3 {
                client.send("GET /brief HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await client.receive(until: ">").contains("<true>"))
                client.send("GET /other HTTP/1.1\r\nHost: a\r\n\r\n")
                #expect(await client.receive(until: ">").contains("<false>"))
            }
        }
        await test.server.shutDown(grace: .seconds(5))
        #expect(test.server.connectionCount == 0)
    }

    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
        let test = try await TestServer.start([Self.hello, Self.echo])
        let client = try test.connect()
        let post = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"
        client.send(Self.get + post + "one!" + Self.get + post + "two!")
        client.send("GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let bodies = await client.receiveAll().components(separatedBy: "\r\n\r\n").dropFirst().map { $0.prefix(4) }
        #expect(bodies == ["hell", "one!", "hell", "two!", "Unkn"])
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func bodiesMayComeByteByByteInChunksAndAfterContinue() async throws {
        let test = try await TestServer.start([Self.echo])
        let client = try test.connect()
        for byte
            in "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
            .utf8
        {
            client.send([byte])
        }
        #expect(await client.receive(until: "abcde").hasSuffix("\r\n\r\nabcde"))
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(await client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("later")
        #expect(await client.receive(until: "later").hasSuffix("\r\n\r\nlater"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func headHasNoBodyAndHTTP10Closes() async throws {
        let test = try await TestServer.start([Self.hello])
        let client = try test.connect()
        client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let head = await client.receive(until: "\r\n\r\n")
        #expect(head.contains("content-length: 5\r\n") && head.hasSuffix("\r\n\r\n"))
        client.send("GET /hello HTTP/1.0\r\n\r\n")
        let old = await client.receiveAll()
        #expect(old.contains("connection: close\r\n") && old.hasSuffix("\r\n\r\nhello"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func unknownPathsAndMethodsAreToldApart() async throws {
        let test = try await TestServer.start([Self.hello]) {
            $0.errorBody = {
                ErrorBody(contentType: "application/json", bytes: Array(#"{"code":"\#($0.code.rawValue)"}"#.utf8))
            }
        }
        let client = try test.connect()
        client.send("GET /nope HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(await client.receive(until: "}").contains(#"{"code":"unknown_url"}"#))
        client.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n")
        let reply = await client.receive(until: "}")
        #expect(reply.hasPrefix("HTTP/1.1 405") && reply.contains("allow: GET, HEAD, OPTIONS\r\n"))
        client.send("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n")
        let large = await client.receiveAll()
        #expect(large.hasPrefix("HTTP/1.1 413") && large.contains("request_too_large"))
        #expect(large.contains("connection: close\r\n"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func slowHeadsAndSlowBodiesAreRefused() async throws {
        let test = try await TestServer.start([Self.echo]) {
            $0.limits.headTimeout = .milliseconds(50)
            $0.limits.bodyWindow = .milliseconds(50)
        }
        let slowHead = try test.connect()
        slowHead.send("GET / HT")
        #expect(await slowHead.receiveAll().hasPrefix("HTTP/1.1 408"))
        let slowBody = try test.connect()
        slowBody.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")
        #expect(await slowBody.receiveAll().hasPrefix("HTTP/1.1 408"))
        let silent = try test.connect()
        #expect(await silent.receiveAll() == "")
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aPeerThatGoesAwayCancelsItsRequest() async throws {
        let (began, cancelled) = (Signal(), Signal())
        let test = try await TestServer.start([
            Route(.get, "/wait") { _, _, writer in
                await began.set()
                do {
                    try await Task.sleep(for: .seconds(3_600))
                } catch {
                    await cancelled.set()
                    throw error
                }
                try await writer.send(HTTPResponse(status: .ok))
            }
        ])
        var client: RawClient? = try test.connect()
        client?.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\nGET /pipelined")
        await began.wait()
        client = nil
        await cancelled.wait()
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aClientThatHalfClosesIsAnsweredWhereThatIsAllowed() async throws {
        let test = try await TestServer.start([Self.hello]) { $0.allowsHalfClose = true }
        let client = try test.connect()
        client.send(Self.get)
        client.finishSending()
        #expect(await client.receiveAll().hasSuffix("hello"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aWriterWaitsForASlowReaderAndGoesOn() async throws {
        let (written, pieceCount) = (Counter(), 400)
        let test = try await TestServer.start([
            Route(.get, "/stream") { _, _, writer in
                var body = try await writer.writeHead(HTTPResponse(status: .ok))
                for _ in 0..<pieceCount {
                    try await body.write([UInt8](repeating: 120, count: 65_536))
                    written.value.add(1, ordering: .relaxed)
                }
                try await body.finish()
            }
        ])
        let client = try RawClient(port: test.port, receiveBufferByteCount: 16_384)
        client.send("GET /stream HTTP/1.0\r\n\r\n")
        var received = await client.receive(1_024).count
        // Nobody reads: the count stops rising long before the end.
        var before = -1
        while before != written.value.load(ordering: .relaxed) {
            before = written.value.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(before < pieceCount)
        while case let count = await client.receive().count, count > 0 { received += count }
        #expect(received > pieceCount * 65_536)
        #expect(written.value.load(ordering: .relaxed) == pieceCount)
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aReaderThatNeverReadsIsGivenUp() async throws {
        let outcome = Signal()
        let test = try await TestServer.start([
            Route(.get, "/stream") { _, _, writer in
                var body = try await writer.writeHead(HTTPResponse(status: .ok))
                do {
                    while true { try await body.write([UInt8](repeating: 120, count: 65_536)) }
                } catch ResponseError.peerGone {
                    await outcome.set()
                }
            }
        ]) { $0.limits.writeTimeout = .milliseconds(100) }
        let client = try test.connect()
        client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\n")
        await outcome.wait()
        await test.server.shutDown(grace: .seconds(5))
        withExtendedLifetime(client) {}
    }

    @Test func eventsAreFramedAndMayBeCutOffByTheServerOnly() async throws {
        let test = try await TestServer.start([
            Route(.get, "/events") { _, _, writer in
                var frames: [UInt8] = []
                ServerSentEvents.append(comment: "keep-alive", to: &frames)
                let head = HTTPResponse(status: .ok, headerFields: ServerSentEvents.headers)
                var body = try await writer.writeHead(head, followedBy: frames)
                frames = []
                ServerSentEvents.append(data: Array("one\ntwo".utf8), to: &frames)
                ServerSentEvents.append(name: "error", data: Array("{}".utf8), to: &frames)
                try await body.write(frames)
                try await body.finish()
            }
        ])
        let client = try test.connect()
        client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        let reply = await client.receive(until: "0\r\n\r\n")
        #expect(reply.contains("content-type: text/event-stream; charset=utf-8\r\n"))
        #expect(reply.contains("cache-control: no-cache\r\n") && reply.contains("x-accel-buffering: no\r\n"))
        #expect(reply.contains("e\r\n: keep-alive\n\n\r\n"))
        #expect(reply.contains("data: one\ndata: two\n\n") && reply.contains("event: error\ndata: {}\n\n"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func drainingWaitsForRequestsAndThenCancelsThem() async throws {
        let (began, mayEnd) = (Signal(), Signal())
        let test = try await TestServer.start([
            Route(.get, "/short") { _, _, writer in
                await began.set()
                await mayEnd.wait()
                try await writer.send(HTTPResponse(status: .ok), body: Array("done".utf8))
            }
        ])
        let client = try test.connect()
        client.send("GET /short HTTP/1.1\r\nHost: a\r\n\r\n")
        await began.wait()
        async let end: Void = test.server.shutDown(grace: .seconds(10))
        await mayEnd.set()
        let reply = await client.receiveAll()
        #expect(reply.hasSuffix("done"))
        await end
        #expect(throws: POSIXError.self) { try test.connect() }

        let startedLong = Signal()
        let long = try await TestServer.start([
            Route(.get, "/long") { _, _, _ in
                await startedLong.set()
                try await Task.sleep(for: .seconds(3_600))
            }
        ])
        let waiting = try long.connect()
        waiting.send("GET /long HTTP/1.1\r\nHost: a\r\n\r\n")
        await startedLong.wait()
        await long.server.shutDown(grace: .milliseconds(20))
        #expect(await waiting.receiveAll().hasPrefix("HTTP/1.1 503"))
    }

    @Test func manyConnectionsAreServedAndTheLimitHoldsOthersBack() async throws {
        let test = try await TestServer.start([Self.hello]) {
            $0.connectionLimit = 300
            $0.loopCount = 2
        }
        var clients = try (0..<1_000).map { _ in try test.connect() }
        for client in clients { client.send(Self.get) }
        for client in clients[..<300] { #expect(await client.receive(until: "hello").hasSuffix("hello")) }
        #expect(test.server.connectionCount == 300)
        // Each that closes lets another in.
        while !clients.isEmpty {
            let served = min(300, clients.count)
            for client in clients[..<served] { _ = client }
            clients.removeFirst(served)
            for client in clients.prefix(300) { #expect(await client.receive(until: "hello").hasSuffix("hello")) }
        }
        await test.server.shutDown(grace: .seconds(5))
        #expect(test.server.connectionCount == 0)
    }

    @Test func aThrowingRouteAnswers500AndASilentOneToo() async throws {
        struct Oops: Error {}
        let test = try await TestServer.start([
            Route(.get, "/throws") { _, _, _ in throw Oops() },
            Route(.get, "/silent") { _, _, _ in },
        ])
        let client = try test.connect()
        for path in ["throws", "silent", "throws"] {
            client.send("GET /\(path) HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(await client.receive(until: ".\n").hasPrefix("HTTP/1.1 500"))
        }
        await test.server.shutDown(grace: .seconds(5))
    }
}

final class Counter: Sendable {
    let value = Atomic<Int>(0)
}
