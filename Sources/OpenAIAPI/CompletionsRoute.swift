internal import APIDoors
internal import Serving

/// `POST /v1/completions`
struct CompletionsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try CompletionDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.complete(call.request) }
        return .reply(
            CompletionReply(
                stream: stream,
                delivery: call.delivery,
                identity: ReplyIdentity(prefix: "cmpl-", of: stream),
                likelihoods: ReplyLikelihoods(call.request.options, call.delivery, of: stream),
                warnings: remarks.warnings))
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
