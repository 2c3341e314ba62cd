internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// `POST /v1/messages` and `POST /v1/messages/count_tokens`
struct MessagesRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try MessagesDecoder.call(from: try await request.object(), settings: settings)
        let (streams, id) = (call.streams, request.id)
        let opening = streams ? StreamOpening.anthropic(call.remarks, requestID: id) : nil
        return try await service.reply(to: call.request, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, _ in
            MessageReply(
                stream: stream, isStreamed: streams,
                head: MessageBody(identity: ReplyIdentity(prefix: "msg_", of: stream), warnings: remarks.warnings),
                requestID: id)
        }
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
