import HTTP
import HTTPClient
import HTTPTypes
import JSON
import Logging
import Sockets
import TestSupport
import Testing

@testable import Benchmarks

@Suite struct LoadTests {
    /// A server whose every chat has five pieces of text, seven tokens, and fails if its model is named so.
    private static func server() async throws -> (HTTPServer, ServerURL) {
        let route = Route(.post, "/v1/chat/completions") { request, _, writer in
            let body = try JSONValue(parsing: try await request.body.collect(upTo: 1 << 20))
            if body["model"] == "broken" {
                try await writer.send(HTTPResponse(status: .serviceUnavailable), body: Array("no \"room\"".utf8))
                return
            }
            var events = EventFrames()
            events.add(#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#)
            events.add(comment: "waiting")
            for _ in 0..<2 { events.add(#"{"choices":[{"delta":{"reasoning_content":"a"}}]}"#) }
            for _ in 0..<3 { events.add(#"{"choices":[{"delta":{"content":"b"}}]}"#) }
            if body["model"] == "cut" {
                events.add(#"{"error":{"message":"cut short"}}"#)
            }
            events.add(#"{"choices":[],"usage":{"completion_tokens":7}}"#)
            events.add("[DONE]")
            try await events.send(writer)
        }
        let completions = Route(.post, "/v1/completions") { request, _, writer in
            let body = try JSONValue(parsing: try await request.body.collect(upTo: 1 << 20))
            var events = EventFrames()
            if body["prompt"]?.stringValue?.isEmpty == false, body["messages"] == nil {
                for text in ["a", "", "b"] { events.add(#"{"choices":[{"text":"\#(text)"}]}"#) }
                events.add(#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#)
            }
            events.add("[DONE]")
            try await events.send(writer)
        }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = HTTPServer(
            configuration: HTTPServerConfiguration(addresses: [.ipv4(host: "127.0.0.1", port: 0)]),
            responder: Router([route, completions]), logger: logger)
        let port = try await server.start().first?.port ?? 0
        return (server, try ServerURL("127.0.0.1:\(port)"))
    }

    private static func run(_ model: String, endpoint: LoadPlan.Endpoint = .chat) async throws -> (
        LoadReport, [LoadResult]
    ) {
        let (server, url) = try await server()
        var plan = LoadPlan(server: url, model: model)
        plan.clientCounts = [1, 3]
        plan.endpoint = endpoint
        let (report, results) = try await blocking { [plan] in
            var report = LoadReport(plan: plan)
            let results = plan.clientCounts.map { LoadTest(plan).run(clientCount: $0) }
            results.forEach { report.add($0) }
            return (report, results)
        }
        await server.shutDown(grace: .zero)
        return (report, results)
    }

    @Test func `every client's chats are counted`() async throws {
        let (report, results) = try await Self.run("good")
        #expect(results.map(\.chatCount) == [2, 6])
        #expect(results.map(\.tokenCount) == [14, 42])
        #expect(results.map(\.firstToken.count) == [2, 6])
        #expect(results.map(\.betweenTokens.count) == [8, 24])
        #expect(results.allSatisfy { $0.failures.isEmpty && $0.tokensPerSecond > 0 })
        let json = try #require(try JSONValue(parsing: report.text(.json)).arrayValue)
        #expect(json.map { $0["clients"] } == [1, 3])
        #expect(json[1]["tokens"] == 42)
        #expect(report.text(.csv).split(separator: "\n").count == 3)
        #expect(report.text(.markdown).split(separator: "\n").count == 4)
        #expect(report.text(.table).split(separator: "\n").count == 3)
        #expect(report.plot.hasPrefix("<svg"))
        #expect(report.plot.components(separatedBy: "<polyline").count == 8)
    }

    @Test func `raw completions are asked for text and counted by their text`() async throws {
        let (report, results) = try await Self.run("good", endpoint: .completions)
        #expect(results.map(\.tokenCount) == [4, 12])
        #expect(results.map(\.betweenTokens.count) == [2, 6])
        let json = try #require(try JSONValue(parsing: report.text(.json)).arrayValue)
        #expect(json.map { $0["prompt_tokens"] } == [10, 30])
    }

    @Test(arguments: [("broken", "status 503: no \"room\""), ("cut", "cut short")])
    func `chats that fail say why and count for nothing`(model: String, reason: String) async throws {
        let (report, results) = try await Self.run(model)
        #expect(results.allSatisfy { $0.failures.count == $0.chatCount && $0.tokenCount == 0 })
        #expect(report.text(.table).contains("failed: \(reason)"))
    }

    @Test func `no two prompts are alike, and the same plan asks the same`() throws {
        let plan = LoadPlan(server: try ServerURL("h"), model: "m")
        let bodies = (0..<3).flatMap { client in (0..<3).map { plan.body(level: 3, client: client, chat: $0) } }
        #expect(Set(bodies).count == 9)
        #expect(bodies[4] == plan.body(level: 3, client: 1, chat: 1))
    }

    @Test func `percentiles are nearest ranks`() {
        let values = Distribution((1...100).map(Double.init))
        #expect(values.percentile(0.5) == 50)
        #expect(values.percentile(0.99) == 99)
        #expect(values.percentile(1) == 100)
        #expect(values.mean == 50.5)
        #expect(Distribution([]).percentile(0.5).isNaN)
    }

    @Test func `decimals are rounded and never fail`() {
        #expect(Decimals.text(1.005, 1) == "1.0")
        #expect(Decimals.text(-0.26, 1) == "-0.3")
        #expect(Decimals.text(12, 0) == "12")
        #expect(Decimals.text(.nan, 2) == "-")
        #expect(Decimals.text(1e300, 2) == "-")
    }
}

/// The events of a stream, sent in one write.
private struct EventFrames {
    private var frames: [UInt8] = []

    mutating func add(_ data: String) {
        ServerSentEvents.append(data: Array(data.utf8), to: &frames)
    }

    mutating func add(comment: String) {
        ServerSentEvents.append(comment: comment, to: &frames)
    }

    func send(_ writer: consuming ResponseWriter) async throws {
        let head = HTTPResponse(status: .ok, headerFields: ServerSentEvents.headers)
        let body = try await writer.writeHead(head, followedBy: frames)
        try await body.finish()
    }
}
