internal import HTTP
internal import HTTPTypes
internal import Serving

/// Sends what a route answers to a request.
struct DoorResponse {
    let request: DoorRequest
    let errors: ErrorFormat
    let settings: APISettings

    func send(_ result: Result<DoorAnswer, APIError>, to writer: consuming ResponseWriter) async throws {
        switch result {
        case .failure(let error):
            settings.rejections.add(error.metricReason)
            try await writer.send(error, as: errors, of: request.id)
        case .success(.text(let text, let contentType)):
            try await writer.send(
                HTTPResponse(status: .ok, headerFields: [.contentType: contentType]), body: Array(text.utf8))
        case .success(.response(let head, let body)): try await writer.send(head, body: body)
        case .success(.json(let body, let warnings)): try await writer.send(json: body, headers: warnings.headers)
        case .success(.lines(let lines)):
            var output = try await writer.writeHead(
                HTTPResponse(status: .ok, headerFields: [.contentType: StreamForm.lines.contentType]))
            for await line in lines { try await output.write(line) }
            try await output.finish()
        case .success(.backlog(let backlog, let position)):
            let head = HTTPResponse(status: .ok, headerFields: ServerSentEvents.headers)
            try await tellingOfHangUp(writer) {
                try await backlog.send(from: position, to: try await $0.writeHead(head))
            }
        case .success(.empty): try await writer.send(HTTPResponse(status: .noContent))
        case .success(.reply(let reply)): try await send(reply, to: writer)
        case .success(.pending(let pending)): try await send(pending, to: writer)
        }
    }

    private func send(_ reply: any DialectReply, to writer: consuming ResponseWriter) async throws {
        let number = settings.running.add(reply, to: request)
        if let backlog = backlog(of: reply, number) {
            request.note(reply.stream.model)
            return try await tellingOfHangUp(writer) {
                try await backlog.send(from: .start, to: try await $0.writeHead(reply.head))
            }
        }
        defer { end(reply, number) }
        if reply.isStreamed {
            try await reply.stream(to: writer, heartbeatInterval: settings.heartbeatInterval, meter: request.meter)
        } else {
            switch try await refusable({ try await reply.body(meter: request.meter) }) {
            case .failure(let error):
                settings.rejections.add(error.metricReason)
                try await writer.send(error, as: errors, of: request.id)
            case .success(let body): try await writer.send(json: body, headers: reply.notices)
            }
        }
    }

    private func end(_ reply: any DialectReply, _ number: Int) {
        settings.running.remove(number)
        request.note(reply)
    }

    /// Where the reply is written down, behind what was sent already, for a client that may come back; it is among the running
    /// ones until it is complete.
    private func backlog(of reply: any DialectReply, _ number: Int, behind sent: [UInt8] = []) -> StreamBacklog? {
        guard reply.isStreamed, request.asksForResumption else { return nil }
        return settings.streams.begin(
            reply, to: request, behind: sent, heartbeatInterval: settings.heartbeatInterval
        ) {
            settings.running.remove(number)
        }
    }

    /// Sends a stream, which goes on when its client hangs up unless that called it off or cannot come back.
    private func tellingOfHangUp<Output: ~Copyable>(
        _ output: consuming Output, _ send: (consuming Output) async throws -> Void
    ) async throws {
        do {
            try await send(output)
        } catch {
            settings.streams.readerHungUp(on: request)
            throw error
        }
    }

    /// Waits for the answer; a stream begins without it as soon as its client would wait in silence for too long.
    private func send(_ pending: PendingAnswer, to writer: consuming ResponseWriter) async throws {
        // The wait's task begins the reply, which is the client's work too.
        let wait = RequestClient.$current.withValue(request.client) {
            AnswerWait(
                { [room = request.room] in
                    defer { room.giveBack() }
                    return try await refusable(pending.answer)
                }, interval: settings.heartbeatInterval)
        }
        defer { wait.cancel() }
        for await event in wait.events {
            switch event {
            case .answered(let result): return try await send(result, to: writer)
            case .failed(let error): throw error
            case .pulse:
                guard let opening = pending.opening else { continue }
                return try await stream(wait, opening, to: writer)
            }
        }
        throw CancellationError()
    }

    private func stream(
        _ wait: AnswerWait, _ opening: StreamOpening, to writer: consuming ResponseWriter
    ) async throws {
        var head = HTTPResponse(status: .ok, headerFields: opening.form.headers)
        head.headerFields.append(contentsOf: opening.warnings.headers)
        let sign = opening.sign("loading the model")
        var output = try await writer.writeHead(head, followedBy: sign)
        var sent = sign
        for await event in wait.events {
            switch event {
            case .pulse:
                sent += sign
                try await output.write(sign)
            case .failed(let error): throw error
            case .answered(.success(.reply(let reply))): return try await stream(reply, behind: sent, to: output)
            case .answered(.success): return try await output.finish()
            case .answered(.failure(let error)):
                settings.rejections.add(error.metricReason)
                try await output.write(opening.failure(error))
                return try await output.finish()
            }
        }
        throw CancellationError()
    }

    private func stream(
        _ reply: any DialectReply, behind sent: [UInt8], to output: consuming BodyWriter
    ) async throws {
        let number = settings.running.add(reply, to: request)
        if let backlog = backlog(of: reply, number, behind: sent) {
            request.note(reply.stream.model)
            guard let position = backlog.position(behindByte: sent.count) else { return }
            return try await tellingOfHangUp(output) { try await backlog.send(from: position, to: $0) }
        }
        defer { end(reply, number) }
        try await reply.stream(into: output, heartbeatInterval: settings.heartbeatInterval, meter: request.meter)
    }
}

extension APIError {
    /// What metrics call it.
    var metricReason: String { code?.rawValue ?? type.rawValue }
}

/// Runs what may refuse a request and hands back either its value or the error to answer with.
///
/// Errors of the HTTP layer pass through: they are the server's to answer, or mean that nobody listens any more.
func refusable<Value: Sendable>(_ work: () async throws -> Value) async throws -> Result<Value, APIError> {
    do {
        return .success(try await work())
    } catch let error as APIError {
        return .failure(error)
    } catch let error as ServingError {
        return .failure(APIError(error))
    }
}

extension StreamBacklog {
    /// Sends what comes behind a place; breaks off where the client is slower than what is kept, so that it learns of it.
    fileprivate func send(from position: Position, to writer: consuming BodyWriter) async throws {
        var output = writer
        guard try await read(from: position, { try await output.write($0) }) else { return }
        try await output.finish()
    }
}
