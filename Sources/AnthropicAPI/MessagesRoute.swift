internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// `POST /v1/messages` and `POST /v1/messages/count_tokens`
struct MessagesRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try MessagesDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        call.request.owner = request.owner
        let asked = call
        let opening = call.streams ? StreamOpening.anthropic(call.remarks) : nil
        return try await service.answer(by: call.request.model, for: call.request.options, opening: opening) { waited in
            .reply(try begin(asked, after: waited))
        }
    }

    private func begin(_ call: MessagesCall, after waited: Duration) throws(APIError) -> MessageReply {
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.chat(call.request, after: waited) }
        let identity = ReplyIdentity(prefix: "msg_", of: stream)
        return MessageReply(
            stream: stream, isStreamed: call.streams,
            head: MessageBody(identity: identity, warnings: remarks.warnings))
    }

    /// How many tokens a request's prompt has.
    func countTokens(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try MessagesDecoder.call(from: try await request.object(), settings: settings)
        call.request.owner = request.owner
        let asked = call
        return try await service.answer(by: call.request.model) { _ in
            let prompt = try asked.remarks.naming { () throws(ServingError) in try service.prompt(for: asked.request) }
            return .json(["input_tokens": .number(prompt.ids.count)])
        }
    }
}
