extension InferenceService {
    /// Turns texts into vectors, all of them together. Returns when the last is there.
    public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        try refuseWhileDraining()
        let model = try registry.model(named: request.model)
        let validated = try ValidatedEmbeddingRequest(request, model: model)
        let (states, usage) = try await validated.readings.results()
        let embeddings = states.map { validated.normalization.apply(to: $0, dimensions: validated.dimensions) }
        return EmbeddingResult(model: model, embeddings: embeddings, usage: usage)
    }

    /// Judges documents by their relevance to a query, all of them together. Returns when the last is judged.
    public func rerank(_ request: RerankRequest) async throws -> RerankResult {
        try refuseWhileDraining()
        let model = try registry.model(named: request.model)
        let validated = try ValidatedRerankRequest(request, model: model)
        let (values, usage) = try await validated.readings.results()
        return RerankResult(model: model, scores: values.map(validated.method.score), usage: usage)
    }
}
