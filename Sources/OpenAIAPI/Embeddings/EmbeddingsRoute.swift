internal import APIDoors
internal import Serving

/// `POST /v1/embeddings`, and llama-server's own `POST /embedding` and `/embeddings`.
struct EmbeddingsRoute: Sendable {
    /// What llama-server calls the texts, in the order in which it looks.
    static let nativeInputKeys = ["content", "input"]

    let service: InferenceService
    let settings: APISettings

    func answer(_ request: DoorRequest) async throws -> DoorAnswer {
        let body = try await body(request, inputKeys: ["input"])
        return .json(body.bytes, warnings: body.warnings)
    }

    func answerNatively(_ request: DoorRequest) async throws -> DoorAnswer {
        let body = try await body(request, inputKeys: Self.nativeInputKeys)
        return .json(body.nativeBytes, warnings: body.warnings)
    }

    private func body(_ request: DoorRequest, inputKeys: [String]) async throws -> EmbeddingsBody {
        var call = try EmbeddingsDecoder.call(
            from: try await request.object(), inputKeys: inputKeys, settings: settings)
        try call.request.options.bound(by: request)
        let texts = call.request
        let result = try await call.remarks.naming { try await service.embed(texts) }
        request.count(result.usage, of: result.model)
        return EmbeddingsBody(result: result, encoding: call.encoding, warnings: call.remarks.warnings)
    }
}
