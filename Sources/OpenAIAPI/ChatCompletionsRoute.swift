internal import APIDoors
internal import HTTP
internal import Serving

/// `POST /v1/chat/completions`
struct ChatCompletionsRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings
    let running: RunningReplies

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: ChatStream
        var delivery: ReplyDelivery
        var identity: ReplyIdentity
        var logProbabilities: LogProbabilityBody?
        /// Nil where nobody asked about the prompt.
        var promptLogProbabilities: LogProbabilityBody?
        var warnings: [RequestWarning]
        /// Nil where nobody asked.
        var effective: EffectiveBody?
    }

    private enum Answer: Sendable {
        case reply(Reply)
        /// The whole body of a dry run.
        case preview([UInt8], warnings: [RequestWarning])
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(.preview(let body, let warnings)):
            try await writer.send(json: body, headers: warnings.headers)
        case .success(.reply(let reply)):
            let isControllable = reply.delivery.isControllable
            if isControllable {
                running.add(reply.stream, id: reply.identity.id)
            }
            defer {
                if isControllable {
                    running.remove(reply.identity.id)
                }
            }
            if reply.delivery.streams {
                try await stream(reply, to: writer)
            } else {
                try await send(reply, to: writer)
            }
        }
    }

    private func begin(_ request: Request) async throws -> Answer {
        let body = try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
        var call = try ChatCompletionDecoder.call(from: body, settings: settings)
        try TimeLimitDecoder.read(request.headers, into: &call.request.options)
        if call.delivery.isDryRun || request.query?.split(separator: "&").contains("dry_run=1") == true {
            return try preview(call)
        }
        return .reply(try begin(call))
    }

    private func preview(_ call: ChatCompletionCall) throws(APIError) -> Answer {
        do {
            let preview = try service.preview(call.request)
            let warnings = call.warnings + preview.warnings.map { RequestWarning($0, fieldNames: call.fieldNames) }
            try warnings.refuse(isStrict: call.isStrict)
            let body = ChatPreviewBody(
                preview: preview, effective: call.effective(preview.settings), warnings: warnings)
            return .preview(body.bytes, warnings: warnings)
        } catch let error as ServingError {
            throw APIError(error, fieldNames: call.fieldNames)
        } catch let error as APIError {
            throw error
        } catch {
            throw .internalFailure("\(error)")
        }
    }

    private func begin(_ call: ChatCompletionCall) throws(APIError) -> Reply {
        let stream: ChatStream
        do {
            stream = try service.chat(call.request)
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
            identity: ReplyIdentity(
                prefix: "chatcmpl-", model: stream.model.name, fingerprint: stream.model.fingerprint),
            logProbabilities: wantsLogProbabilities ? tokens : nil,
            promptLogProbabilities: call.request.options.promptLogProbabilityCount == nil ? nil : tokens,
            warnings: warnings,
            effective: call.delivery.includesEffective ? call.effective(stream.settings) : nil)
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await ChatResult(of: reply.stream) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let result):
            let body = ChatCompletionBody(
                identity: reply.identity, result: result, logProbabilities: reply.logProbabilities,
                promptLogProbabilities: reply.promptLogProbabilities, warnings: reply.warnings,
                reasoningField: reply.delivery.reasoningField, effective: reply.effective)
            try await writer.send(json: body.bytes, headers: reply.warnings.headers)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var frames = ChatStreamFrames(
            reply.identity, choiceCount: reply.stream.choiceCount, includesUsage: reply.delivery.includesUsage,
            logProbabilities: reply.logProbabilities, warnings: reply.warnings,
            reasoningField: reply.delivery.reasoningField, effective: reply.effective,
            reportsProgress: reply.delivery.reportsProgress)
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
