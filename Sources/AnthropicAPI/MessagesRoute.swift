internal import APIDoors
internal import Chat
internal import HTTP
internal import JSON
internal import Serving

/// `POST /v1/messages` and `POST /v1/messages/count_tokens`
struct MessagesRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: ChatStream
        var streams: Bool
        var body: MessageBody
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error, as: .anthropic)
        case .success(let reply) where reply.streams: try await stream(reply, to: writer)
        case .success(let reply): try await send(reply, to: writer)
        }
    }

    /// How many tokens a request's prompt has.
    func countTokens(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        let count = try await refusable(fieldNames: MessagesCall.fieldNames) {
            let call = try await call(of: request)
            return try service.prompt(for: call.request).ids.count
        }
        switch count {
        case .failure(let error): try await writer.send(error, as: .anthropic)
        case .success(let count):
            try await writer.send(json: JSONValue.object(["input_tokens": .number(count)]).serializedBytes())
        }
    }

    private func call(of request: Request) async throws -> MessagesCall {
        try MessagesDecoder.call(from: try await RequestReader.object(of: request, limit: settings.bodyByteLimit))
    }

    private func begin(_ request: Request) async throws -> Reply {
        let call = try await call(of: request)
        let stream: ChatStream
        do {
            stream = try service.chat(call.request)
        } catch {
            throw APIError(error, fieldNames: MessagesCall.fieldNames)
        }
        let warnings =
            call.warnings + stream.warnings.map { RequestWarning($0, fieldNames: MessagesCall.fieldNames) }
        let identity = ReplyIdentity(prefix: "msg_", model: stream.model.name, fingerprint: stream.model.fingerprint)
        return Reply(
            stream: stream, streams: call.streams, body: MessageBody(identity: identity, warnings: warnings))
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        let body = try await refusable {
            var blocks = MessageBlocks()
            var steps: [MessageBlocks.Step] = []
            var finish: ChatFinish?
            let usage = try await reply.stream.forEach { events in
                for event in events {
                    switch event {
                    case .delta(_, let delta, _): steps += blocks.add(delta)
                    case .finished(_, let end): finish = end
                    case .queued, .prefilling, .pulse: continue
                    }
                }
            }
            return reply.body.bytes(of: steps + blocks.finish(), finish: finish, usage: usage)
        }
        switch body {
        case .failure(let error): try await writer.send(error, as: .anthropic)
        case .success(let body): try await writer.send(json: body)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var frames = MessageFrames(reply.body)
        var events = try await ServerSentEvents(writer)
        try await events.write(frames: frames.start(promptTokenCount: reply.stream.promptTokenCount))
        do {
            let usage = try await reply.stream.forEach(pulse: settings.heartbeatInterval / 2) { new in
                let new = frames.frames(for: new)
                if !new.isEmpty {
                    try await events.write(frames: new)
                }
            }
            try await events.write(frames: frames.end(usage))
        } catch let error as ServingError {
            try await events.write(frames: MessageFrames.failure(APIError(error)))
        }
        try await events.finish()
    }
}
