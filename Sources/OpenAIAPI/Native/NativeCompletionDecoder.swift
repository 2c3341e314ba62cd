internal import APIDoors
internal import JSON
internal import Serving

/// What `/completion` is asked for.
struct NativeCompletionCall: Sendable {
    var request: CompletionRequest
    var streams: Bool
    var remarks: RequestRemarks
    /// The prompts as they were given, which the reply repeats.
    var prompts: [JSONValue]
    var details: NativeTokenDetails
}

/// What a reply of `/completion` tells of itself.
struct NativeTokenDetails: Sendable {
    var hasIDs = false
    var hasProbabilities = false
    /// The members that its end is to have, with slashes between the names of nested ones; none is all.
    var fields: [String] = []
    /// What holds the text to a form, where that was a grammar.
    var grammar = ""
}

/// Body to ``NativeCompletionCall``, in llama-server's fields.
enum NativeCompletionDecoder {
    private static let fieldNames: [RequestField: String] = [
        .maximumTokens: "n_predict", .repetitionPenalty: "repeat_penalty", .messages: "prompt",
        .logProbabilityCount: "n_probs",
    ]

    static func call(from body: JSONObject, settings: APISettings) throws(APIError) -> NativeCompletionCall {
        // Clients of llama-server send an empty schema where they mean none.
        let hasNoSchema = body["json_schema"] == [:]
        var root = FieldReader(hasNoSchema ? JSONObject(body.filter { $0.key != "json_schema" }) : body)
        var remarks = try RequestRemarks(from: &root, settings: settings, fieldNames: fieldNames)
        let model = try root.string("model")
        let prompts = try NativePromptDecoder.prompts(from: &root)
        var options = try SamplingDecoder.options(from: &root)
        options.choiceCount = try root.integer("n_cmpl") ?? options.choiceCount
        if options.promptLogProbabilityCount != nil {
            throw root.unsupported("prompt_logprobs", "'prompt_logprobs' is not supported at this endpoint.")
        }
        options.seed = options.seed == UInt64.max ? nil : options.seed
        let count = try root.integer("n_predict")
        let otherCount = try root.integer("max_tokens")
        options.maximumTokens = (count ?? otherCount).flatMap { $0 < 0 ? nil : $0 }
        let streams = try root.bool("stream") ?? false
        var details = try details(from: &root, into: &options)
        details.grammar = body["grammar"]?.stringValue ?? ""
        options.constraint = try ConstraintDecoder.definition(from: &root, names: &remarks.fieldNames)
        if let slot = try root.integer("id_slot"), slot != -1 {
            remarks.warnings.append(
                RequestWarning(parameter: "id_slot", message: "Sequences have no fixed places; it has no effect."))
        }
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return NativeCompletionCall(
            request: CompletionRequest(model: model, prompts: prompts.map(\.prompt), options: options),
            streams: streams, remarks: remarks, prompts: prompts.map(\.given), details: details)
    }

    /// `n_probs`, of which 0 is none, `return_tokens` and `response_fields`.
    private static func details(
        from root: inout FieldReader, into options: inout GenerationOptions
    ) throws(APIError) -> NativeTokenDetails {
        let count = try root.integer("n_probs") ?? 0
        let details = NativeTokenDetails(
            hasIDs: try root.bool("return_tokens") ?? false, hasProbabilities: count != 0,
            fields: try root.strings("response_fields") ?? [])
        options.logProbabilityCount = details.hasIDs || details.hasProbabilities ? count : nil
        return details
    }
}
