internal import APIDoors
internal import Chat
internal import HTTP
internal import HTTPTypes
internal import JSON
internal import Serving

/// `POST /api/chat` and `POST /api/generate`
struct OllamaReplyRoute: HTTPResponder {
    let kind: OllamaReplyKind
    let service: InferenceService
    let settings: APISettings

    /// A reply that has begun.
    private struct Reply: Sendable {
        enum Source: Sendable {
            case chat(ChatStream)
            case raw(CompletionStream)
            case load(reason: String)
        }

        var source: Source
        var streams: Bool
        var writer: OllamaReplyWriter
        /// When the request came.
        var start: ContinuousClock.Instant
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error, as: .ollama)
        case .success(let reply) where reply.streams: try await stream(reply, to: writer)
        case .success(let reply): try await send(reply, to: writer)
        }
    }

    private func begin(_ request: Request) async throws -> Reply {
        let start = ContinuousClock.now
        let body = try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
        let call = kind == .chat ? try OllamaDecoder.chat(from: body) : try OllamaDecoder.generate(from: body)
        let name = service.knownName(call.model)
        var warnings = call.warnings
        let source: Reply.Source
        let model: ServedModel
        do {
            switch call.work {
            case .chat(var request):
                request.model = name
                let stream = try service.chat(request)
                warnings += stream.warnings.map { RequestWarning($0, fieldNames: OllamaCall.fieldNames) }
                (source, model) = (.chat(stream), stream.model)
            case .raw(var request):
                request.model = name
                let stream = try service.complete(request)
                warnings += stream.warnings.map { RequestWarning($0, fieldNames: OllamaCall.fieldNames) }
                (source, model) = (.raw(stream), stream.model)
            case .load(let reason):
                (source, model) = (.load(reason: reason), try service.registry.model(named: name))
            }
        } catch {
            throw APIError(error, fieldNames: OllamaCall.fieldNames)
        }
        return Reply(
            source: source, streams: call.streams,
            writer: OllamaReplyWriter(kind: kind, model: call.model ?? model.name, warnings: warnings),
            start: start)
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        let body = try await refusable {
            var whole = OllamaPiece()
            let end = try await forEachPiece(of: reply) { piece, _ in whole.add(piece) }
            return reply.writer.bytes(whole, end: end)
        }
        switch body {
        case .failure(let error): try await writer.send(error, as: .ollama)
        case .success(let body): try await writer.send(json: body)
        }
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var head = HTTPResponse(status: .ok)
        head.headerFields[.contentType] = "application/x-ndjson"
        var body = try await writer.writeHead(head)
        let newline = [UInt8(ascii: "\n")]
        do {
            let end = try await forEachPiece(of: reply) { piece, isDue in
                // A line without text keeps the connection alive.
                if !piece.isEmpty || isDue {
                    try await body.write(reply.writer.bytes(piece) + newline)
                }
            }
            try await body.write(reply.writer.bytes(OllamaPiece(), end: end) + newline)
        } catch let error as ServingError {
            try await body.write(ErrorFormat.ollama.body(APIError(error)) + newline)
        }
        try await body.finish()
    }

    /// Hands all pieces to `receive`, with whether one is due so that nobody takes the stream for dead.
    private func forEachPiece(
        of reply: Reply, _ receive: (OllamaPiece, _ isDue: Bool) async throws -> Void
    ) async throws -> OllamaReplyWriter.End {
        switch reply.source {
        case .load(let reason): return OllamaReplyWriter.End(reason: reason)
        case .chat(let stream): return try await read(stream, of: reply, receive)
        case .raw(let stream): return try await read(stream, of: reply, receive)
        }
    }

    private func read(
        _ stream: ChatStream, of reply: Reply, _ receive: (OllamaPiece, _ isDue: Bool) async throws -> Void
    ) async throws -> OllamaReplyWriter.End {
        var pieces = OllamaPieces()
        var heartbeat = StreamHeartbeat()
        var reason = "stop"
        let usage = try await stream.forEach(pulse: settings.heartbeatInterval / 2) { events in
            var piece = OllamaPiece()
            var isDue = false
            for event in events {
                switch event {
                case .queued, .prefilling: continue
                case .pulse: isDue = heartbeat.pulse() != nil
                case .delta(_, let delta, _): pieces.add(delta, to: &piece)
                case .finished(_, let finish):
                    pieces.finish(&piece)
                    reason = finish.reason == .length ? "length" : "stop"
                }
            }
            if !piece.isEmpty { heartbeat.sent() }
            try await receive(piece, isDue)
        }
        return OllamaReplyWriter.End(reason: reason, usage: usage, duration: reply.start.duration(to: .now))
    }

    private func read(
        _ stream: CompletionStream, of reply: Reply, _ receive: (OllamaPiece, _ isDue: Bool) async throws -> Void
    ) async throws -> OllamaReplyWriter.End {
        var heartbeat = StreamHeartbeat()
        var reason = "stop"
        let usage = try await stream.forEach(pulse: settings.heartbeatInterval / 2) { events in
            var piece = OllamaPiece()
            var isDue = false
            for event in events {
                switch event {
                case .queued, .prefilling: continue
                case .pulse: isDue = heartbeat.pulse() != nil
                case .text(_, let text, _): piece.content += text
                case .finished(_, let end): reason = end == .length ? "length" : "stop"
                }
            }
            if !piece.isEmpty { heartbeat.sent() }
            try await receive(piece, isDue)
        }
        return OllamaReplyWriter.End(reason: reason, usage: usage, duration: reply.start.duration(to: .now))
    }
}
