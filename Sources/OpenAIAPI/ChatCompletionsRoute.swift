internal import HTTP
internal import Serving

/// `POST /v1/chat/completions`
struct ChatCompletionsRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: ChatStream
        var delivery: ReplyDelivery
        var identity: ReplyIdentity
        var logProbabilities: LogProbabilityBody?
        var warnings: [RequestWarning]
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let reply) where reply.delivery.streams: try await stream(reply, to: writer)
        case .success(let reply): try await send(reply, to: writer)
        }
    }

    private func begin(_ request: Request) async throws -> Reply {
        let body = try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
        let call = try ChatCompletionDecoder.call(from: body, settings: settings)
        let stream: ChatStream
        do {
            stream = try service.chat(call.request)
        } catch {
            throw APIError(error, fieldNames: call.fieldNames)
        }
        let warnings = call.warnings + stream.warnings.map { RequestWarning($0, fieldNames: call.fieldNames) }
        try warnings.refuse(isStrict: call.isStrict)
        let wantsLogProbabilities = call.request.options.logProbabilityCount != nil
        return Reply(
            stream: stream,
            delivery: call.delivery,
            identity: ReplyIdentity(
                prefix: "chatcmpl-", model: stream.model.name, fingerprint: stream.model.fingerprint),
            logProbabilities: wantsLogProbabilities
                ? LogProbabilityBody(model: stream.model, namesTokensByID: call.delivery.namesTokensByID) : nil,
            warnings: warnings)
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await ChatResult(of: reply.stream) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let result):
            let body = ChatCompletionBody(
                identity: reply.identity, result: result, logProbabilities: reply.logProbabilities,
                warnings: reply.warnings)
            try await writer.send(json: body.bytes, headers: reply.warnings.headers)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var frames = ChatStreamFrames(
            reply.identity, choiceCount: reply.stream.choiceCount, includesUsage: reply.delivery.includesUsage,
            logProbabilities: reply.logProbabilities, warnings: reply.warnings)
        var events = try await ServerSentEvents(writer, headers: reply.warnings.headers)
        do {
            let usage = try await reply.stream.forEach(pulse: settings.heartbeatInterval / 2) { new in
                let new = frames.frames(for: new)
                if !new.isEmpty {
                    try await events.write(frames: new)
                }
            }
            try await events.write(frames: frames.end(usage))
        } catch let error as ServingError {
            try await events.write(frames: ChunkWriter.failure(APIError(error)))
        }
        try await events.finish()
    }
}
