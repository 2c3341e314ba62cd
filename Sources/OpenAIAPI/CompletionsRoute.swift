internal import APIDoors
internal import HTTP
internal import Serving

/// `POST /v1/completions`
struct CompletionsRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: CompletionStream
        var delivery: ReplyDelivery
        var identity: ReplyIdentity
        var logProbabilities: LogProbabilityBody?
        /// Nil where nobody asked about the prompt.
        var promptLogProbabilities: LogProbabilityBody?
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
        let call = try CompletionDecoder.call(from: body, settings: settings)
        let stream: CompletionStream
        do {
            stream = try service.complete(call.request)
        } catch {
            throw APIError(error, fieldNames: call.fieldNames)
        }
        let warnings = call.warnings + stream.warnings.map { RequestWarning($0, fieldNames: call.fieldNames) }
        try warnings.refuse(isStrict: call.isStrict)
        let tokens = LogProbabilityBody(model: stream.model, namesTokensByID: call.delivery.namesTokensByID)
        let wantsLogProbabilities = call.request.options.logProbabilityCount != nil
        return Reply(
            stream: stream,
            delivery: call.delivery,
            identity: ReplyIdentity(prefix: "cmpl-", model: stream.model.name, fingerprint: stream.model.fingerprint),
            logProbabilities: wantsLogProbabilities ? tokens : nil,
            promptLogProbabilities: call.request.options.promptLogProbabilityCount == nil ? nil : tokens,
            warnings: warnings)
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await CompletionResult(of: reply.stream) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let result):
            let body = CompletionBody(
                identity: reply.identity, result: result, logProbabilities: reply.logProbabilities,
                promptLogProbabilities: reply.promptLogProbabilities, warnings: reply.warnings)
            try await writer.send(json: body.bytes, headers: reply.warnings.headers)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var frames = CompletionStreamFrames(
            reply.identity, includesUsage: reply.delivery.includesUsage, logProbabilities: reply.logProbabilities,
            warnings: reply.warnings, reportsProgress: reply.delivery.reportsProgress)
        var events = try await ServerSentEvents(writer, headers: reply.warnings.headers)
        do {
            let usage = try await reply.stream.forEach(pulse: settings.heartbeatInterval / 2) { new in
                frames.cachedTokenCount = reply.stream.cachedTokenCount
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
