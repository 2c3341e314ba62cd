internal import APIDoors
internal import JSON
internal import Serving

/// What `/completion` is asked for.
struct NativeCompletionCall: Sendable {
    var request: CompletionRequest
    var streams: Bool
    var remarks: RequestRemarks
    /// The prompt as it was given, which the reply repeats.
    var prompt: JSONValue
    var details: NativeTokenDetails
}

/// What a reply of `/completion` tells of its tokens.
struct NativeTokenDetails: Sendable {
    var hasIDs = false
    var hasProbabilities = false
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
        let prompt = try prompt(from: &root)
        var options = try SamplingDecoder.singleOptions(from: &root)
        options.seed = options.seed == UInt64.max ? nil : options.seed
        let count = try root.integer("n_predict")
        let otherCount = try root.integer("max_tokens")
        options.maximumTokens = (count ?? otherCount).flatMap { $0 < 0 ? nil : $0 }
        let streams = try root.bool("stream") ?? false
        let details = try details(from: &root, into: &options)
        options.constraint = try ConstraintDecoder.definition(from: &root, names: &remarks.fieldNames)
        if let slot = try root.integer("id_slot"), slot != -1 {
            remarks.warnings.append(
                RequestWarning(parameter: "id_slot", message: "Sequences have no fixed places; it has no effect."))
        }
        try remarks.finish(root)
        return NativeCompletionCall(
            request: CompletionRequest(model: model, prompts: [prompt], options: options), streams: streams,
            remarks: remarks, prompt: body["prompt"] ?? nil, details: details)
    }

    /// `n_probs`, of which 0 is none, and `return_tokens`.
    private static func details(
        from root: inout FieldReader, into options: inout GenerationOptions
    ) throws(APIError) -> NativeTokenDetails {
        let count = try root.integer("n_probs") ?? 0
        let details = NativeTokenDetails(hasIDs: try root.bool("return_tokens") ?? false, hasProbabilities: count != 0)
        options.logProbabilityCount = details.hasIDs || details.hasProbabilities ? count : nil
        return details
    }

    /// A text, or token ids.
    private static func prompt(from root: inout FieldReader) throws(APIError) -> CompletionPrompt {
        switch root.value("prompt") {
        case nil: throw root.missing("prompt")
        case .string(let text): return .text(text)
        case .array: return .tokens(try root.integers("prompt") ?? [])
        case .some(let other): throw root.wrongType("prompt", expected: "a string or an array of token ids", other)
        }
    }
}
