internal import Checkpoints
internal import Tokenization

/// Finds a checkpoint's tokenizer: in tokenizer.json, or in a GGUF file's metadata.
enum CheckpointTokenizer {
    static func tokenizer(of checkpoint: Checkpoint) throws -> Tokenizer {
        if let metadata = checkpoint.metadata, let vocabulary = try vocabulary(metadata) {
            return try Tokenizer(gguf: vocabulary)
        }
        guard let file = try checkpoint.fileBytes(named: "tokenizer.json") else {
            throw ModelStartupError("\(checkpoint.name): expected a tokenizer.json beside the weights, found none")
        }
        return try Tokenizer(tokenizerFile: file)
    }

    private static func vocabulary(_ metadata: GGUFMetadata) throws -> GGUFVocabulary? {
        guard let tokens = try metadata.strings("tokenizer.ggml.tokens") else { return nil }
        let endsTexts = try metadata.bool("tokenizer.ggml.add_eos_token") ?? false
        return GGUFVocabulary(
            tokens: tokens,
            tokenTypes: try metadata.integers("tokenizer.ggml.token_type")?.map(Int.init) ?? [],
            merges: try metadata.strings("tokenizer.ggml.merges") ?? [],
            model: try metadata.string("tokenizer.ggml.model") ?? "",
            preTokenizer: try metadata.string("tokenizer.ggml.pre") ?? "",
            textEnd: endsTexts ? try metadata.integer("tokenizer.ggml.eos_token_id") : nil)
    }
}
