internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// `POST /completion`, as llama-server answers it: raw text goes on.
struct NativeCompletionRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: CompletionStream
        var call: NativeCompletionCall
        var warnings: [RequestWarning]
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let reply) where reply.call.streams: try await stream(reply, to: writer)
        case .success(let reply): try await send(reply, to: writer)
        }
    }

    private func begin(_ request: Request) async throws -> Reply {
        let body = try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
        let call = try NativeCompletionDecoder.call(from: body)
        let stream: CompletionStream
        do {
            stream = try service.complete(call.request)
        } catch {
            throw APIError(error, fieldNames: NativeCompletionCall.fieldNames)
        }
        let warnings =
            call.warnings + stream.warnings.map { RequestWarning($0, fieldNames: NativeCompletionCall.fieldNames) }
        return Reply(stream: stream, call: call, warnings: warnings)
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await CompletionResult(of: reply.stream) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let result):
            let choice = result.choices.first
            let body = Self.end(reply, content: choice?.text ?? "", choice?.finishReason, result.usage)
            try await writer.send(json: body)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var heartbeat = StreamHeartbeat()
        var finish: CompletionFinishReason?
        var events = try await ServerSentEvents(writer)
        do {
            let usage = try await reply.stream.forEach(pulse: settings.heartbeatInterval / 2) { new in
                var frames: [UInt8] = []
                for event in new {
                    switch event {
                    case .queued(_, let ahead):
                        if let comment = heartbeat.queued(ahead: ahead) {
                            ChunkWriter.appendComment(comment, to: &frames)
                        }
                    case .prefilling(_, let done, let total): heartbeat.prefilling(done: done, of: total)
                    case .pulse:
                        if let comment = heartbeat.pulse() { ChunkWriter.appendComment(comment, to: &frames) }
                    case .text(_, let text, _): ServerSentEvents.append(data: Self.piece(text), to: &frames)
                    case .finished(_, let reason): finish = reason
                    }
                }
                guard !frames.isEmpty else { return }
                heartbeat.sent()
                try await events.write(frames: frames)
            }
            try await events.event(data: Self.end(reply, content: "", finish, usage))
        } catch let error as ServingError {
            try await events.event(data: APIError(error).body)
        }
        try await events.finish()
    }

    private static func piece(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "index", int: 0)
        writer.append(key: "content", string: text)
        writer.append(key: "stop", bool: false)
        writer.endObject()
        return writer.bytes
    }

    /// The whole reply, or the last event of a stream, which has no text.
    private static func end(
        _ reply: Reply, content: String, _ finish: CompletionFinishReason?, _ usage: TokenUsage
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "index", int: 0)
        writer.append(key: "content", string: content)
        writer.append(key: "stop", bool: true)
        writer.append(key: "model", string: reply.stream.model.name)
        writer.append(key: "tokens_predicted", int: usage.completionTokens)
        writer.append(key: "tokens_evaluated", int: usage.promptTokens)
        writer.append(key: "tokens_cached", int: usage.cachedTokens)
        writer.append(key: "truncated", bool: false)
        writer.append(key: "prompt")
        writer.append(value: reply.call.prompt)
        writer.append(key: "stop_type", string: finish?.stopType ?? "none")
        writer.append(key: "stopping_word", string: finish?.stopString ?? "")
        writer.append(key: "timings")
        usage.writeTimings(to: &writer)
        reply.warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

extension CompletionFinishReason {
    fileprivate var stopType: String {
        switch self {
        case .stop: "eos"
        case .stopString: "word"
        case .length: "limit"
        }
    }

    fileprivate var stopString: String? {
        if case .stopString(let text) = self { text } else { nil }
    }
}
