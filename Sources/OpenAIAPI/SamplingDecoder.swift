internal import APIDoors
internal import JSON
internal import Sampling
internal import Serving

/// Reads the fields that say how tokens are drawn, which chat and text completions share.
///
/// Types are checked here; ranges are the validator's business, which knows the model.
enum SamplingDecoder {
    static func options(from root: inout FieldReader) throws(APIError) -> GenerationOptions {
        var options = GenerationOptions()
        options.minimumTokens = try root.integer("min_tokens")
        options.temperature = try root.number("temperature")
        options.topP = try root.number("top_p")
        options.topK = try root.integer("top_k")
        options.minP = try root.number("min_p")
        options.presencePenalty = try root.number("presence_penalty")
        options.frequencyPenalty = try root.number("frequency_penalty")
        let repetitionPenalty = try root.number("repetition_penalty")
        let repeatPenalty = try root.number("repeat_penalty")
        options.repetitionPenalty = repetitionPenalty ?? repeatPenalty
        if let repetitionPenalty, let repeatPenalty, repetitionPenalty != repeatPenalty {
            root.warn("repeat_penalty", "'repetition_penalty' goes before it.")
        }
        options.logitBias = try logitBias(from: &root)
        options.seed = try root.integer("seed").map { UInt64(bitPattern: Int64($0)) }
        options.stopStrings = try root.stringOrStrings("stop") ?? []
        options.stopTokenIDs = try root.integers("stop_token_ids") ?? []
        options.includesStopText = try root.bool("include_stop_str_in_output") ?? false
        options.ignoresEnd = try root.bool("ignore_eos") ?? false
        options.choiceCount = try root.integer("n")
        options.usesPrefixCache = try root.bool("cache_prompt") ?? true
        options.cacheSalt = try root.string("cache_salt")
        options.promptLogProbabilityCount = try root.integer("prompt_logprobs")
        options.stopScope = try scope("stop_scope", &root) ?? options.stopScope
        options.penaltyScope = try scope("penalty_scope", &root) ?? options.penaltyScope
        options.logitBiasScope = try scope("logit_bias_scope", &root) ?? options.logitBiasScope
        options.priority = try root.integer("priority")
        options.ropeFactor = try root.number("rope_factor")
        options.repetitionDetection = try repetitionDetection(from: &root)
        try TimeLimitDecoder.read(from: &root, into: &options)
        return options
    }

    /// The same for a reply that has one choice and no place for what is known of the prompt.
    static func singleOptions(from root: inout FieldReader) throws(APIError) -> GenerationOptions {
        let options = try options(from: &root)
        if let count = options.choiceCount, count != 1 {
            throw root.unsupported("n", "'n' must be 1: a reply of this endpoint has one choice.")
        }
        if options.promptLogProbabilityCount != nil {
            throw root.unsupported("prompt_logprobs", "'prompt_logprobs' is not supported at this endpoint.")
        }
        return options
    }

    private static func logitBias(from root: inout FieldReader) throws(APIError) -> [Int: Double] {
        guard let biases = try root.reader("logit_bias") else { return [:] }
        var logitBias: [Int: Double] = [:]
        for (key, value) in biases.object {
            guard let token = Int(key) else {
                throw biases.invalid(key, "The keys of 'logit_bias' must be token ids, not '\(key.prefix(40))'.")
            }
            guard let bias = value.doubleValue, bias.isFinite else {
                throw biases.wrongType(key, expected: "a finite number", value)
            }
            logitBias[token] = bias
        }
        return logitBias
    }

    /// vLLM's words, or just whether. A pattern of no tokens is vLLM's way to switch it off.
    private static func repetitionDetection(
        from root: inout FieldReader
    ) throws(APIError) -> RepetitionDetection? {
        let key = "repetition_detection"
        if let isOn = root.boolIfOne(key) { return isOn ? .on : .off }
        guard var patterns = try root.reader(key) else { return nil }
        let maximum = try patterns.integer("max_pattern_size") ?? 0
        let minimum = try patterns.integer("min_pattern_size") ?? 0
        let count = try patterns.integer("min_count") ?? 0
        root.take(patterns)
        guard maximum != 0 else { return .off }
        return .patterns(minimumSize: minimum == 0 ? 1 : minimum, maximumSize: maximum, count: count)
    }

    /// The part of a reply that a field acts on; nil where it is not given.
    private static func scope(_ key: String, _ root: inout FieldReader) throws(APIError) -> OutputScope? {
        guard let name = try root.string(key) else { return nil }
        guard let scope = OutputScope(rawValue: name) else {
            throw root.invalid(key, "'\(key)' must be content, reasoning or all, not '\(name.prefix(40))'.")
        }
        return scope
    }
}
