internal import Engine
internal import HTTPTypes
package import JSON
import Sampling
package import TestSupport
import Testing

@testable internal import APIDoors
@testable internal import HTTP
@testable internal import Serving

/// One reply of a model, read as a stream and as a whole, cut into different pieces on the way.
package struct CutReply: Sendable {
    package let streamed: Reply
    package let whole: Reply
}

extension APIClient {
    /// What a reply to a body comes to where its tokens come in pieces of any size: in some as a stream, in others as a whole.
    package func cut(
        _ path: String, _ body: JSONValue, _ random: inout SeededGenerator
    ) async throws -> CutReply {
        let route = try #require(door.routes.first { $0.patterns.contains { $0.description == path } })
        let request = Request(method: .post, target: path, body: RequestBody(body.serializedBytes()))
        let answer = try await route.answer(
            DoorRequest(request, id: "req", parameters: [:], bodyByteLimit: .max))
        guard case .reply(let reply) = answer else { throw APIError.internalFailure("\(path) answers without a reply") }
        return try await Self.cut(reply, &random)
    }

    private static func cut(_ reply: some DialectReply, _ random: inout SeededGenerator) async throws -> CutReply {
        if let stream = reply.stream as? ChatStream {
            return try await cut(reply, stream.generations, stream.readers, stream.promptTokenCount, &random)
        }
        let stream = try #require(reply.stream as? CompletionStream)
        return try await cut(reply, stream.generations, stream.readers, stream.promptTokenCount(choice: 0), &random)
    }

    private static func cut<Reader: ChoiceReader>(
        _ reply: some DialectReply, _ generations: [Generation], _ readers: [Reader], _ promptTokenCount: Int,
        _ random: inout SeededGenerator
    ) async throws -> CutReply {
        var events: [GenerationEvent] = []
        for await new in try #require(generations.first) {
            events += new
        }
        var first = try #require(readers.first)
        var second = first
        let pieces = try recut(events, &random).flatMap { try first.read($0) }
        let others = try recut(events, &random).flatMap { try second.read($0) }
        let usage = UsageCounter.usage(promptTokenCount: promptTokenCount, [first.usage])
        return CutReply(streamed: stream(reply, pieces, usage), whole: whole(reply, others, usage))
    }

    /// The same events with their tokens in pieces of one to five.
    private static func recut(_ events: [GenerationEvent], _ random: inout SeededGenerator) -> [GenerationEvent] {
        let all = events.flatMap { event -> [SampledToken] in
            if case .tokens(let tokens) = event { tokens } else { [] }
        }
        var tokens = all[...]
        var recut: [GenerationEvent] = []
        for event in events {
            switch event {
            case .tokens: continue
            case .finished:
                while !tokens.isEmpty {
                    let count = min(tokens.count, Int.random(in: 1...5, using: &random))
                    recut.append(.tokens(Array(tokens.prefix(count))))
                    tokens = tokens.dropFirst(count)
                }
                recut.append(event)
            default: recut.append(event)
            }
        }
        return recut
    }

    private static func stream<Dialect: DialectReply>(
        _ reply: Dialect, _ events: [any StreamEvent], _ usage: TokenUsage
    ) -> Reply {
        var frames = reply.frames
        var bytes: [UInt8] = []
        frames.start(&bytes)
        for case let event as Dialect.Stream.Event in events {
            frames.append(event, to: &bytes)
        }
        frames.end(usage, &bytes)
        return answer(bytes, isStreamed: true)
    }

    private static func whole<Dialect: DialectReply>(
        _ reply: Dialect, _ events: [any StreamEvent], _ usage: TokenUsage
    ) -> Reply {
        var whole = reply.whole
        for case let event as Dialect.Stream.Event in events {
            whole.add(event)
        }
        whole.end(usage)
        return answer(reply.body(of: whole), isStreamed: false)
    }

    private static func answer(_ body: [UInt8], isStreamed: Bool) -> Reply {
        Reply(
            response: CollectedResponse(
                head: HTTPResponse(status: .ok), body: body, isStreamed: isStreamed, isFinished: true))
    }
}
