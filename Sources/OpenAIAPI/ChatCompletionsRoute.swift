internal import APIDoors
internal import HTTP
internal import Serving

/// `POST /v1/chat/completions`
struct ChatCompletionsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try ChatCompletionDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        call.request.owner = request.owner
        let (asked, options) = (call, call.request.options)
        if call.delivery.isDryRun || Self.asksForPreview(request.request.query) {
            return try await service.answer(by: call.request.model, for: options) { _ in try preview(asked) }
        }
        let opening = call.delivery.streams ? StreamOpening.openAI(call.remarks) : nil
        return try await service.answer(by: call.request.model, for: options, opening: opening) { waited in
            .reply(try begin(asked, after: waited))
        }
    }

    private static func asksForPreview(_ query: String?) -> Bool {
        query?.split(separator: "&").contains { $0 == "dry_run=1" || $0 == "dry_run=true" } ?? false
    }

    private func preview(_ call: ChatCompletionCall) throws(APIError) -> DoorAnswer {
        var remarks = call.remarks
        let preview = try remarks.naming { () throws(ServingError) in try service.preview(call.request) }
        try remarks.add(preview.warnings)
        let body = ChatPreviewBody(
            preview: preview, effective: call.effective(preview.settings), warnings: remarks.warnings)
        return .json(body.bytes, warnings: remarks.warnings)
    }

    private func begin(_ call: ChatCompletionCall, after waited: Duration) throws(APIError) -> ChatReply {
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.chat(call.request, after: waited) }
        return ChatReply(
            stream: stream,
            delivery: call.delivery,
            identity: ReplyIdentity(prefix: "chatcmpl-", of: stream),
            likelihoods: ReplyLikelihoods(call.request.options, call.delivery, of: stream),
            warnings: remarks.warnings,
            effective: call.delivery.includesEffective ? call.effective(stream.settings) : nil)
    }
}
