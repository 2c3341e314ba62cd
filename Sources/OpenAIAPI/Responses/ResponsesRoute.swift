internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// `POST /v1/responses` and what belongs to it.
struct ResponsesRoute: Sendable {
    let service: InferenceService
    let settings: APISettings
    let store: ResponseStore

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try await call(of: request)
        let opening = call.streams ? StreamOpening.responses(call.remarks) : nil
        return try await service.reply(to: call.request, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, _ in
            let head = ResponseBody(
                identity: ReplyIdentity(prefix: "resp_", of: stream), echo: call.echo, warnings: remarks.warnings)
            return ResponseReply(
                stream: stream, call: call, head: head, store: call.isStored ? store : nil, key: request.key)
        }
    }

    /// `POST /v1/responses/input_tokens`
    func countTokens(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try await call(of: request)
        return try await service.answer(by: call.request.model) { _ in
            let prompt = try call.remarks.naming { () throws(ServingError) in try service.prompt(for: call.request) }
            return .json(["object": "response.input_tokens", "input_tokens": .number(prompt.ids.count)])
        }
    }

    /// `GET /v1/responses/{id}`
    func describe(_ request: DoorRequest) throws -> DoorAnswer {
        let id = request.parameters["id"] ?? ""
        guard let response = store.response(id, of: request.key) else { throw Self.notFound(id) }
        return .json(response.body)
    }

    /// `POST /v1/responses/{id}/cancel`
    func cancel(_ request: DoorRequest) throws -> DoorAnswer {
        let id = request.parameters["id"] ?? ""
        let running = settings.running.replies(named: id, for: request).compactMap { $0 as? ResponseReply }
        guard let reply = running.first(where: { $0.head.identity.id == id }) else {
            guard store.response(id, of: request.key) != nil else { throw Self.notFound(id) }
            throw APIError.invalid(nil, "The response '\(id.prefix(80))' is complete, and cannot be cancelled.")
        }
        reply.abort()
        return .json(reply.head.bytes([], .cancelled))
    }

    /// `DELETE /v1/responses/{id}`
    func delete(_ request: DoorRequest) throws -> DoorAnswer {
        let id = request.parameters["id"] ?? ""
        guard store.remove(id, of: request.key) else { throw Self.notFound(id) }
        return .json(["id": .string(id), "object": "response", "deleted": true])
    }

    private static func notFound(_ id: String) -> APIError {
        APIError(
            status: 404, message: "The response '\(id.prefix(80))' is not here.", type: .invalidRequest,
            code: .notFound)
    }

    private func call(of request: DoorRequest) async throws -> ResponsesCall {
        try ResponsesDecoder.call(from: try await request.object(), store: store, key: request.key, settings: settings)
    }
}
