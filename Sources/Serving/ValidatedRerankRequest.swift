internal import Engine
internal import Tokenization
internal import Tokens

/// A rerank request whose every value was checked against its model.
struct ValidatedRerankRequest {
    let readings: PromptReadings
    let method: RerankingMethod

    private static let documentLimit = 2048

    init(_ request: RerankRequest, model: ServedModel) throws(ServingError) {
        guard let method = model.abilities.reranking else {
            throw .unsupportedValue(
                field: .model,
                message: "The model '\(model.name)' was not made for reranking. "
                    + "Start the server with --reranking to go by its 'yes' and 'no' all the same.")
        }
        self.method = method
        let validator = RequestValidator(vocabularySize: model.tokenizer.tokenCount)
        try validator.check(count: request.documents.count, of: .documents, limit: Self.documentLimit)
        if let limit = request.documentTokenLimit, limit < 1 {
            throw .invalidValue(
                field: .documentTokenLimit,
                message: "'\(RequestField.documentTokenLimit.rawValue)' must be at least 1, not \(limit).")
        }
        let prompt = RerankPrompt(
            query: request.query, instruction: request.instruction, tokenizer: model.tokenizer)
        var prompts: [[TokenID]] = []
        for (index, document) in request.documents.enumerated() {
            let tokens = prompt.tokens(document: document, documentTokenLimit: request.documentTokenLimit)
            try validator.check(tokenCount: tokens.count, of: .documents, index: index, limit: model.contextLength)
            prompts.append(tokens)
        }
        readings = PromptReadings(
            model: model, prompts: prompts, reading: method.reading,
            options: try validator.validate(request.options, defaults: model.defaults.thinking))
    }
}
