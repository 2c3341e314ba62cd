internal import APIDoors
internal import Chat
internal import HTTP
internal import JSON
internal import Serving

/// `POST /v1/responses` and what belongs to it.
struct ResponsesRoute: HTTPResponder {
    let service: InferenceService
    let settings: APISettings
    let store: ResponseStore

    /// A reply that has begun.
    private struct Reply: Sendable {
        var stream: ChatStream
        var call: ResponsesCall
        var body: ResponseBody
        var items: ResponseItems
    }

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        switch try await refusable({ try await begin(request) }) {
        case .failure(let error): try await writer.send(error)
        case .success(let reply) where reply.call.streams: try await stream(reply, to: writer)
        case .success(let reply): try await send(reply, to: writer)
        }
    }

    /// `POST /v1/responses/input_tokens`
    func countTokens(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        let count = try await refusable(fieldNames: ResponsesCall.fieldNames) {
            try service.prompt(for: try await call(of: request).request).ids.count
        }
        switch count {
        case .failure(let error): try await writer.send(error)
        case .success(let count):
            let body: JSONValue = ["object": "response.input_tokens", "input_tokens": .number(count)]
            try await writer.send(json: body.serializedBytes())
        }
    }

    /// `GET /v1/responses/{id}`
    func describe(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        let id = context.parameters["id"] ?? ""
        guard let response = store.response(id) else { return try await writer.send(Self.notFound(id)) }
        try await writer.send(json: response.body)
    }

    /// `DELETE /v1/responses/{id}`
    func delete(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        let id = context.parameters["id"] ?? ""
        guard store.remove(id) else { return try await writer.send(Self.notFound(id)) }
        let body: JSONValue = ["id": .string(id), "object": "response", "deleted": true]
        try await writer.send(json: body.serializedBytes())
    }

    private static func notFound(_ id: String) -> APIError {
        APIError(
            status: 404, message: "The response '\(id.prefix(80))' is not here.", type: .invalidRequest,
            code: .notFound)
    }

    private func call(of request: Request) async throws -> ResponsesCall {
        let body = try await RequestReader.object(of: request, limit: settings.bodyByteLimit)
        return try ResponsesDecoder.call(from: body, store: store)
    }

    private func begin(_ request: Request) async throws -> Reply {
        let call = try await call(of: request)
        let stream: ChatStream
        do {
            stream = try service.chat(call.request)
        } catch {
            throw APIError(error, fieldNames: ResponsesCall.fieldNames)
        }
        let warnings =
            call.warnings + stream.warnings.map { RequestWarning($0, fieldNames: ResponsesCall.fieldNames) }
        let identity = ReplyIdentity(prefix: "resp_", model: stream.model.name, fingerprint: stream.model.fingerprint)
        return Reply(
            stream: stream, call: call, body: ResponseBody(identity: identity, echo: call.echo, warnings: warnings),
            items: ResponseItems(carriesReasoning: call.includesCarriedReasoning))
    }

    private func send(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        let body = try await refusable {
            var items = reply.items
            var finish: ChatFinish?
            let usage = try await reply.stream.forEach { events in
                for event in events {
                    switch event {
                    case .delta(_, let delta, _): _ = items.add(delta)
                    case .finished(_, let end): finish = end
                    case .queued, .prefilling, .pulse: continue
                    }
                }
            }
            let outcome = ResponseBody.Outcome.finished(finish, usage)
            _ = items.finish(isCut: outcome.isCut)
            return keep(reply, items, outcome)
        }
        switch body {
        case .failure(let error): try await writer.send(error)
        case .success(let body): try await writer.send(json: body)
        }
    }

    /// The whole response object, which is stored unless the client does not want it.
    private func keep(_ reply: Reply, _ items: ResponseItems, _ outcome: ResponseBody.Outcome) -> [UInt8] {
        let body = reply.body.bytes(items.items, outcome)
        if reply.call.isStored {
            store.add(
                ResponseStore.Response(body: body, conversation: reply.call.conversation + [items.message]),
                id: reply.body.identity.id)
        }
        return body
    }

    private func stream(_ reply: Reply, to writer: consuming ResponseWriter) async throws {
        var frames = ResponseFrames(reply.body, items: reply.items)
        var events = try await ServerSentEvents(writer)
        try await events.write(frames: frames.start())
        do {
            let usage = try await reply.stream.forEach(pulse: settings.heartbeatInterval / 2) { new in
                let new = frames.frames(for: new)
                if !new.isEmpty {
                    try await events.write(frames: new)
                }
            }
            let end = frames.end(usage)
            _ = keep(reply, frames.items, end.outcome)
            try await events.write(frames: end.frames)
        } catch let error as ServingError {
            try await events.write(frames: frames.failure(APIError(error)))
        }
        try await events.finish()
    }
}
