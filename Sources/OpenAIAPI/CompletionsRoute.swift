internal import APIDoors
internal import Serving

/// `POST /v1/completions`
struct CompletionsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try CompletionDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        let asked = call
        let opening = call.delivery.streams ? StreamOpening.openAI(call.remarks) : nil
        return try await service.answer(by: call.request.model, for: call.request.options, opening: opening) { waited in
            .reply(try begin(asked, after: waited))
        }
    }

    private func begin(_ call: CompletionCall, after waited: Duration) throws(APIError) -> CompletionReply {
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.complete(call.request, after: waited) }
        return CompletionReply(
            stream: stream,
            delivery: call.delivery,
            identity: ReplyIdentity(prefix: "cmpl-", of: stream),
            likelihoods: ReplyLikelihoods(call.request.options, call.delivery, of: stream),
            warnings: remarks.warnings)
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
