import APIDoors
import HTTP
import JSON
import Serving
import ServingTestSupport
import TestSupport
import Testing

@testable import OpenAIAPI

@Suite(.timeLimit(.minutes(10))) struct LiveStreamTests {
    @Test func aStreamThatWaitsSendsComments() async throws {
        let gate = Gate()
        var options = TestModel.Options()
        options.willCompute = { _ in gate.wait() }
        let client = try APIClient(options, heartbeatInterval: .milliseconds(10))
        let body = APIClient.chat(["stream": true])
        try client.prepare("There", for: body)
        // The model computes nothing until two comments came, so that they must come of themselves.
        let reply = WatchedReply { text in
            if text.split(separator: "\n\n").count >= 2 { gate.open() }
        }
        try await client.stream(body, to: reply)
        let blocks = reply.text.split(separator: "\n\n")
        #expect(blocks.prefix(2).allSatisfy { $0.hasPrefix(": ") })
        #expect(blocks.last == "data: [DONE]")
    }

    @Test func aStreamsHeadComesWithItsFirstBytes() async throws {
        let gate = Gate()
        var options = TestModel.Options()
        options.willCompute = { _ in gate.wait() }
        let client = try APIClient(options)
        let body = APIClient.chat(["stream": true])
        try client.prepare("There", for: body)
        // The model computes nothing until the first bytes came.
        let reply = WatchedReply { _ in gate.open() }
        try await client.stream(body, to: reply)
        #expect(reply.text.hasPrefix(": keep-alive\n\ndata: {"))
    }

    @Test func aRequestThatWaitsBehindOthersIsToldSoAtOnce() async throws {
        var heartbeat = StreamHeartbeat()
        #expect(
            heartbeat.status(after: .queued(choice: 0, ahead: 3, wait: .milliseconds(11_200)))
                == "queued, 3 ahead, about 12 s")
        #expect(heartbeat.status(after: .queued(choice: 0, ahead: 2, wait: nil)) == nil)
        #expect(heartbeat.status(after: .pulse) == "queued, 2 ahead")
        #expect(heartbeat.status(after: .prefilling(choice: 0, done: 512, of: 4000)) == nil)
        #expect(heartbeat.status(after: .pulse) == "reading the prompt, 512 of 4000 tokens")
        heartbeat.sent()
        #expect(heartbeat.status(after: .pulse) == nil)
        #expect(heartbeat.status(after: nil) == nil)
        #expect(heartbeat.status(after: .pulse) == "keep-alive")
    }

    @Test func aClientThatGoesAwayCancelsItsGeneration() async throws {
        struct Gone: Error {}
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]))
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { throw Gone() }
        }
        await #expect(throws: ResponseError.peerGone) {
            try await client.stream(APIClient.chat(["stream": true]), to: reply)
        }
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
        #expect(!reply.text.contains("[DONE]"))
    }

    @Test func cancellingTheTaskOfARequestCancelsItsGeneration() async throws {
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]))
        let task = Task { try await client.chat(APIClient.chat()) }
        try await Waiting.whileTrue { client.model.served.engine.statistics.runningCount == 0 }
        task.cancel()
        try await Waiting.whileTrue { client.model.served.engine.statistics.cancelledCount == 0 }
        _ = await task.result
    }

    @Test func aFailureInTheMiddleOfAStreamIsAnErrorEventAndTheEnd() async throws {
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]))
        let gate = Gate()
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { gate.open() }
        }
        async let answered: Void = client.stream(APIClient.chat(["stream": true]), to: reply)
        try await Waiting.whileTrue { !gate.isOpened }
        await client.service.drain(deadline: .zero)
        try await answered
        let blocks = reply.text.split(separator: "\n\n")
        #expect(blocks.last == "data: [DONE]")
        let error = try JSONValue(parsing: String(blocks[blocks.count - 2].dropFirst(6)))["error"]
        #expect(error?.objectValue?.keys == ["message", "type", "param", "code"])
        #expect(error?["type"] == "server_error")
        #expect(error?["code"] == "shutting_down")
    }

    @Test func aStreamThatTheServerCutsShortSaysSo() async throws {
        let client = try APIClient(.droning(try TestModel().tokens(".")[0]))
        let gate = Gate()
        let reply = WatchedReply { text in
            if text.contains("\"content\":\".") { gate.open() }
        }
        let task = Task { try await client.stream(APIClient.chat(["stream": true]), to: reply) }
        try await Waiting.whileTrue { !gate.isOpened }
        task.cancel()
        try await task.value
        #expect(reply.text.contains("\"code\":\"shutting_down\""))
        #expect(reply.text.hasSuffix("data: [DONE]\n\n"))
    }

    @Test func anEnginesFailureIsAnInternalError() throws {
        var bytes: [UInt8] = []
        ChunkWriter.append(APIError(.internalFailure("no memory")), to: &bytes)
        let frames = String(decoding: bytes, as: UTF8.self)
        #expect(frames.hasPrefix("data: {\"error\":{"))
        #expect(frames.contains("\"code\":\"internal_error\""))
        #expect(frames.hasSuffix("}}\n\ndata: [DONE]\n\n"))
    }
}
