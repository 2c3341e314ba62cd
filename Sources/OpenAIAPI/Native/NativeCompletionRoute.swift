internal import APIDoors
internal import Serving

/// `POST /completion`, as llama-server answers it: raw text goes on.
struct NativeCompletionRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let call = try NativeCompletionDecoder.call(from: try await request.object(), settings: settings)
        let opening = call.streams ? StreamOpening.native(call.remarks) : nil
        return try await service.reply(to: call.request, of: request, remarks: call.remarks, opening: opening) {
            stream, remarks, _ in
            NativeReply(
                stream: stream, isStreamed: call.streams, warnings: remarks.warnings, prompts: call.prompts,
                details: call.details)
        }
    }
}
