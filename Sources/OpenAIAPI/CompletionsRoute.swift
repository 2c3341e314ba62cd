internal import APIDoors
internal import Serving

/// `POST /v1/completions`
struct CompletionsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try CompletionDecoder.call(from: try await request.object(), settings: settings)
        let opening = call.delivery.streams ? StreamOpening.openAI(call.remarks) : nil
        return try await service.reply(to: call.request, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, _ in
            CompletionReply(
                stream: stream,
                delivery: call.delivery,
                identity: ReplyIdentity(prefix: "cmpl-", of: stream),
                likelihoods: ReplyLikelihoods(call.request.options, call.delivery, of: stream),
                warnings: remarks.warnings)
        }
    }
}

/// A text completion that has begun.
struct CompletionReply: ChunkedReply {
    let stream: CompletionStream
    let delivery: ReplyDelivery
    let identity: ReplyIdentity
    let likelihoods: ReplyLikelihoods
    let warnings: [RequestWarning]

    var isStreamed: Bool { delivery.streams }
    var names: [String] { [identity.id] + delivery.names }
    var frames: CompletionStreamFrames { CompletionStreamFrames(self) }
    var whole: CompletionResult { CompletionResult(choiceCount: stream.choiceCount) }

    func body(of whole: CompletionResult) -> [UInt8] {
        CompletionBody(reply: self, result: whole).bytes
    }
}
