import Checkpoints
import JSON
import Tokenization
import Tokens

extension Checkpoint {
    /// The tokenizer that came with the weights: GGUF metadata, or tokenizer.json in the folder.
    func makeTokenizer() throws -> Tokenizer {
        do {
            if let metadata, metadata.keys.contains("tokenizer.ggml.tokens") {
                return try Tokenizer(gguf: GGUFVocabulary(metadata))
            }
            guard let file = try fileBytes(named: "tokenizer.json") else {
                throw ModelStartupError("\(name): expected tokenizer.json beside the weights, found none")
            }
            return try Tokenizer(tokenizerFile: file)
        } catch let error as TokenizerError {
            throw ModelStartupError("\(name): the tokenizer cannot be used: \(error)")
        }
    }

    /// The tokens that end a turn: those the checkpoint names, and for a GGUF file, which can name one only, Qwen's other.
    func endTokens(_ tokenizer: Tokenizer) throws(CheckpointError) -> Set<TokenID> {
        var ids: [Int] = []
        if let metadata {
            for key in ["tokenizer.ggml.eos_token_id", "tokenizer.ggml.eot_token_id"] {
                if let id = try metadata.integer(key) { ids.append(id) }
            }
        }
        for object in [generationConfiguration, configuration] where ids.isEmpty {
            let value = object?["eos_token_id"]
            ids = value?.arrayValue?.compactMap(\.intValue) ?? value?.intValue.map { [$0] } ?? []
        }
        var tokens = Set(ids.filter { (0..<tokenizer.tokenCount).contains($0) }.map(TokenID.init))
        if metadata != nil || tokens.isEmpty {
            tokens.formUnion(["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token))
        }
        return tokens
    }
}

extension GGUFVocabulary {
    /// The vocabulary that a GGUF file's metadata holds.
    fileprivate init(_ metadata: GGUFMetadata) throws {
        let missing = { (key: String) in
            metadata.error(key, expected: "an array that describes the vocabulary", found: "none")
        }
        let prefix = "tokenizer.ggml"
        guard let tokens = try metadata.strings("\(prefix).tokens") else { throw missing("\(prefix).tokens") }
        guard let merges = try metadata.strings("\(prefix).merges") else { throw missing("\(prefix).merges") }
        guard let types = try metadata.integers("\(prefix).token_type") else { throw missing("\(prefix).token_type") }
        self.init(
            tokens: tokens,
            tokenTypes: types.map(Int.init),
            merges: merges,
            model: try metadata.string("\(prefix).model") ?? "",
            preTokenizer: try metadata.string("\(prefix).pre") ?? ""
        )
    }
}
