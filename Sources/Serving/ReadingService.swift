extension InferenceService {
    /// Turns texts into vectors, all of them together. Returns when the last is there.
    /// A model that is not in memory is loaded first.
    public func embed(_ request: EmbeddingRequest) async throws -> EmbeddingResult {
        let lease = try await lease(named: request.model, for: request.options)
        defer { withExtendedLifetime(lease) {} }
        let model = lease.model
        var request = request
        request.options.takeOff(lease.waitingTime)
        let validated = try ValidatedEmbeddingRequest(request, model: model)
        let (states, usage) = try await validated.readings.results()
        let embeddings = states.map { validated.normalization.apply(to: $0, dimensions: validated.dimensions) }
        return EmbeddingResult(model: model, embeddings: embeddings, usage: usage)
    }

    /// Judges documents by their relevance to a query, all of them together. Returns when the last is judged.
    /// A model that is not in memory is loaded first.
    public func rerank(_ request: RerankRequest) async throws -> RerankResult {
        let lease = try await lease(named: request.model, for: request.options)
        defer { withExtendedLifetime(lease) {} }
        let model = lease.model
        var request = request
        request.options.takeOff(lease.waitingTime)
        let validated = try ValidatedRerankRequest(request, model: model)
        let (values, usage) = try await validated.readings.results()
        return RerankResult(model: model, scores: values.map(validated.method.score), usage: usage)
    }
}
