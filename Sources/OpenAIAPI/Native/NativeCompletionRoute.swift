internal import APIDoors
internal import Serving

/// `POST /completion`, as llama-server answers it: raw text goes on.
struct NativeCompletionRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try NativeCompletionDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        let asked = call
        let opening = call.streams ? StreamOpening.native(call.remarks) : nil
        return try await service.answer(by: call.request.model, for: call.request.options, opening: opening) { waited in
            .reply(try begin(asked, after: waited))
        }
    }

    private func begin(_ call: NativeCompletionCall, after waited: Duration) throws(APIError) -> NativeReply {
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.complete(call.request, after: waited) }
        return NativeReply(
            stream: stream, isStreamed: call.streams, warnings: remarks.warnings, prompts: call.prompts,
            details: call.details)
    }
}
