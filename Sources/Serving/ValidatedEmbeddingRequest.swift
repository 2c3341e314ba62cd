internal import Engine
internal import Models
internal import Tokenization
internal import Tokens

/// An embedding request whose every value was checked against its model.
struct ValidatedEmbeddingRequest {
    let readings: PromptReadings
    let dimensions: Int
    let normalization: EmbeddingNormalization

    /// As many inputs as OpenAI takes.
    private static let inputLimit = 2048

    init(_ request: EmbeddingRequest, model: ServedModel) throws(ServingError) {
        guard let method = model.abilities.embedding else {
            throw .unsupportedValue(
                field: .model,
                message: "The model '\(model.name)' was not made for embeddings. "
                    + "Start the server with --embeddings to read them off its last state all the same.")
        }
        let validator = RequestValidator(vocabularySize: model.tokenizer.tokenCount)
        try validator.check(count: request.inputs.count, of: .input, limit: Self.inputLimit)
        let size = model.engine.shape.hiddenSize
        if let dimensions = request.dimensions, !(1...size).contains(dimensions) {
            throw .invalidValue(
                field: .dimensions,
                message: "'dimensions' must be between 1 and \(size) for this model, not \(dimensions).")
        }
        dimensions = request.dimensions ?? size
        normalization = request.normalization
        var prompts: [[TokenID]] = []
        for (index, input) in request.inputs.enumerated() {
            let limit = model.contextLength
            var end: [TokenID] = []
            if case .text = input { end = method.end }
            var tokens = try validator.tokens(input, field: .input, index: index, tokenizer: model.tokenizer)
            if request.truncates, tokens.count + end.count > limit {
                tokens.removeSubrange(max(0, limit - end.count)...)
            }
            tokens += end
            try validator.check(tokenCount: tokens.count, of: .input, index: index, limit: limit)
            prompts.append(tokens)
        }
        readings = PromptReadings(
            model: model, prompts: prompts, reading: .state,
            options: try validator.validate(request.options, defaults: model.defaults.thinking))
    }
}
