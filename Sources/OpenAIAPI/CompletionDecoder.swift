internal import APIDoors
internal import JSON
internal import Serving

/// A text completion as its body asks for it.
struct CompletionCall {
    var request: CompletionRequest
    var delivery: ReplyDelivery
    var remarks: RequestRemarks
}

/// Body to ``CompletionCall``: types and spellings are checked, every complaint names its field.
enum CompletionDecoder {
    static func call(
        from body: JSONObject, settings: APISettings = APISettings(version: "")
    ) throws(APIError) -> CompletionCall {
        var root = FieldReader(body)
        var remarks = try RequestRemarks(
            from: &root, settings: settings, fieldNames: [.logProbabilityCount: "logprobs", .messages: "prompt"])
        let model = try root.string("model")
        let prompts = try PromptDecoder.prompts(from: &root, "prompt")
        let echoes = try root.bool("echo") ?? false
        var options = try SamplingDecoder.options(from: &root)
        options.maximumTokens = try root.integer("max_tokens") ?? 16
        options.logProbabilityCount = try logProbabilityCount(from: &root)
        options.constraint = try ConstraintDecoder.definition(from: &root, names: &remarks.fieldNames)
        try refuseSuffixAndSearch(&root)
        let delivery = try ChatCompletionDecoder.delivery(from: &root, warnings: &remarks.warnings)
        try IneffectiveFields.checkCompletion(&root, warnings: &remarks.warnings)
        ChatCompletionDecoder.warnOfTokenNames(&root, delivery, options)
        try ChatCompletionDecoder.refusePromptTokensInStream(delivery, options)
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        let request = CompletionRequest(model: model, prompts: prompts, echoesPrompt: echoes, options: options)
        return CompletionCall(request: request, delivery: delivery, remarks: remarks)
    }

    private static func logProbabilityCount(from root: inout FieldReader) throws(APIError) -> Int? {
        // Some clients send the chat spelling, where true asks for the drawn token alone.
        switch root.value("logprobs") {
        case .bool(let isWanted): return isWanted ? 0 : nil
        default: return try root.integer("logprobs")
        }
    }

    private static func refuseSuffixAndSearch(_ root: inout FieldReader) throws(APIError) {
        if let suffix = try root.string("suffix"), !suffix.isEmpty {
            throw root.unsupported("suffix", "'suffix' is not supported: this model does not fill in the middle.")
        }
        if let candidates = try root.integer("best_of"), candidates != 1 {
            throw root.unsupported("best_of", "'best_of' must be 1; it is not supported. Use 'n' for more replies.")
        }
    }
}
