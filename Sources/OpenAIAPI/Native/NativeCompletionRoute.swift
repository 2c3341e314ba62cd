internal import APIDoors
internal import Serving

/// `POST /completion`, as llama-server answers it: raw text goes on.
struct NativeCompletionRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        var call = try NativeCompletionDecoder.call(from: try await request.object(), settings: settings)
        try call.request.options.bound(by: request)
        var remarks = call.remarks
        let stream = try remarks.begin { () throws(ServingError) in try service.complete(call.request) }
        return .reply(
            NativeReply(
                stream: stream, isStreamed: call.streams, warnings: remarks.warnings, prompt: call.prompt,
                details: call.details))
    }
}
