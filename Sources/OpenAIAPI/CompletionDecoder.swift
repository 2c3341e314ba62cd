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
        let prompts = try prompts(from: &root)
        let echoes = try root.bool("echo") ?? false
        var options = try SamplingDecoder.options(from: &root)
        options.maximumTokens = try root.integer("max_tokens") ?? 16
        options.logProbabilityCount = try logProbabilityCount(from: &root)
        options.constraint = try ConstraintDecoder.definition(from: &root, names: &remarks.fieldNames)
        try refuseSuffixAndSearch(&root)
        let delivery = try ChatCompletionDecoder.delivery(from: &root, warnings: &remarks.warnings)
        try IneffectiveFields.checkCompletion(&root, warnings: &remarks.warnings)
        try ChatCompletionDecoder.refusePromptTokensInStream(delivery, options)
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        let request = CompletionRequest(model: model, prompts: prompts, echoesPrompt: echoes, options: options)
        return CompletionCall(request: request, delivery: delivery, remarks: remarks)
    }

    /// The four kinds of prompt: a string, an array of strings, token ids, an array of token id arrays.
    private static func prompts(from root: inout FieldReader) throws(APIError) -> [CompletionPrompt] {
        switch root.value("prompt") {
        case nil: throw root.missing("prompt")
        case .string(let text): return [.text(text)]
        case .array(let elements): return try prompts(of: elements)
        case .some(let other):
            throw root.wrongType("prompt", expected: "a string, an array of strings or an array of token ids", other)
        }
    }

    private static func prompts(of elements: [JSONValue]) throws(APIError) -> [CompletionPrompt] {
        guard let first = elements.first else { throw .invalid("prompt", "'prompt' must not be empty.") }
        guard first.numberValue == nil else { return [.tokens(try tokens(elements, path: "prompt"))] }
        var prompts: [CompletionPrompt] = []
        for (index, element) in elements.enumerated() {
            switch (first, element) {
            case (.string, .string(let text)): prompts.append(.text(text))
            case (.array, .array(let ids)):
                prompts.append(.tokens(try tokens(ids, path: "prompt[\(index)]")))
            default:
                throw .invalid(
                    "prompt[\(index)]",
                    "'prompt' must be an array of strings, of token ids or of arrays of token ids; "
                        + "'prompt[\(index)]' is \(element.kind).")
            }
        }
        return prompts
    }

    private static func tokens(_ elements: [JSONValue], path: String) throws(APIError) -> [Int] {
        var tokens: [Int] = []
        tokens.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let token = element.intValue else {
                throw .invalid("\(path)[\(index)]", "'\(path)[\(index)]' must be a token id, not \(element.kind).")
            }
            tokens.append(token)
        }
        return tokens
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
