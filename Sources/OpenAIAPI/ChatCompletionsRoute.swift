internal import APIDoors
internal import HTTP
internal import Serving

/// `POST /v1/chat/completions`
struct ChatCompletionsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try ChatCompletionDecoder.call(from: try await request.object(), settings: settings)
        if call.delivery.isDryRun || Self.asksForPreview(request.request.query) {
            var asked = call
            try asked.request.take(request)
            return try await service.answer(by: asked.request.model, for: asked.request.options) { [asked] _ in
                try preview(asked)
            }
        }
        let opening = call.delivery.streams ? StreamOpening.openAI(call.remarks) : nil
        return try await service.reply(to: call.request, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, _ in
            ChatReply(
                stream: stream,
                delivery: call.delivery,
                identity: ReplyIdentity(prefix: "chatcmpl-", of: stream),
                likelihoods: ReplyLikelihoods(call.request.options, call.delivery, of: stream),
                warnings: remarks.warnings,
                effective: call.delivery.includesEffective ? call.effective(stream.settings) : nil)
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
}
