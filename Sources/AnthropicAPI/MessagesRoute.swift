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
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.chat(call.request) }
        let identity = ReplyIdentity(prefix: "msg_", of: stream)
        return .reply(
            MessageReply(
                stream: stream, isStreamed: call.streams,
                head: MessageBody(identity: identity, warnings: remarks.warnings)))
    }

    /// How many tokens a request's prompt has.
    func countTokens(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try MessagesDecoder.call(from: try await request.object(), settings: settings)
        call.request.owner = request.owner
        let prompt = try call.remarks.naming { () throws(ServingError) in try service.prompt(for: call.request) }
        return .json(["input_tokens": .number(prompt.ids.count)])
    }
}
