internal import Checkpoints
internal import JSON
internal import Tokenization
internal import Tokens

/// Finds what a checkpoint advises on generation.
enum CheckpointDefaults {
    /// The sampling values of generation_config.json, or of a GGUF file's `general.sampling` keys.
    static func advice(of checkpoint: Checkpoint) throws -> SamplingAdvice {
        if let configuration = checkpoint.generationConfiguration {
            return SamplingAdvice(generationConfiguration: configuration)
        }
        guard let metadata = checkpoint.metadata else { return SamplingAdvice() }
        var configuration: JSONObject = [:]
        let keys = [
            ("temp", "temperature"), ("top_p", "top_p"), ("top_k", "top_k"), ("min_p", "min_p"),
            ("penalty_repeat", "repetition_penalty"),
        ]
        for (key, name) in keys {
            if let value = try metadata.double("general.sampling.\(key)") {
                // GGUF keeps 0.95 as the nearest 32-bit number, which is another one in 64 bits.
                configuration[name] = .number(Double(Float(value).description) ?? value)
            }
        }
        return SamplingAdvice(generationConfiguration: configuration)
    }

    /// The tokens that end a turn: those that the files name, and those that end every turn of the family.
    ///
    /// GGUF files name only one, but both must stop: `<|im_end|>` ends a turn, `<|endoftext|>` a text.
    static func endTokens(of checkpoint: Checkpoint, tokenizer: Tokenizer) throws -> Set<TokenID> {
        var ids: [Int] = []
        for configuration in [checkpoint.generationConfiguration, checkpoint.configuration] {
            let value = configuration?["eos_token_id"]
            ids += value?.arrayValue?.compactMap(\.intValue) ?? value?.intValue.map { [$0] } ?? []
        }
        if let metadata = checkpoint.metadata {
            for key in ["eos_token_id", "eot_token_id"] {
                ids += try metadata.integer("tokenizer.ggml.\(key)").map { [$0] } ?? []
            }
        }
        let named = ids.filter { (0..<tokenizer.tokenCount).contains($0) }.map { TokenID($0) }
        return Set(named + ["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token))
    }
}
