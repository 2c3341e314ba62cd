internal import Tokens

/// The vocabulary that GGUF metadata holds under `tokenizer.ggml`, as plain values.
///
/// Token types: 1 ordinary, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte.
public struct GGUFVocabulary: Sendable {
    /// `tokenizer.ggml.tokens`, by id, in the byte alphabet.
    public var tokens: [String]
    /// `tokenizer.ggml.token_type`, by id.
    public var tokenTypes: [Int]
    /// `tokenizer.ggml.merges`, each two tokens with a space between them.
    public var merges: [String]
    /// `tokenizer.ggml.model`: `gpt2` for byte-level vocabularies.
    public var model: String
    /// `tokenizer.ggml.pre`: how text is cut into words.
    public var preTokenizer: String
    /// `tokenizer.ggml.eos_token_id` where `tokenizer.ggml.add_eos_token` holds.
    public var textEnd: Int?

    public init(
        tokens: [String], tokenTypes: [Int], merges: [String], model: String, preTokenizer: String, textEnd: Int? = nil
    ) {
        self.tokens = tokens
        self.tokenTypes = tokenTypes
        self.merges = merges
        self.model = model
        self.preTokenizer = preTokenizer
        self.textEnd = textEnd
    }
}

extension GGUFVocabulary {
    private static let control = 3
    private static let userDefined = 4
    private static let unused = 5

    // The converter marks these as control tokens for their look; Qwen's own files do not call them special.
    private static let unspecial: Set<String> = [
        "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
    ]

    func definition() throws(TokenizerError) -> TokenizerDefinition {
        guard model == "gpt2" else {
            throw TokenizerError("tokenizer.ggml.model", "expected gpt2, found \(model)")
        }
        guard preTokenizer == "qwen2" else {
            throw TokenizerError("tokenizer.ggml.pre", "expected qwen2, found \(preTokenizer)")
        }
        guard tokenTypes.count == tokens.count else {
            throw TokenizerError("tokenizer.ggml.token_type", "\(tokenTypes.count) types for \(tokens.count) tokens")
        }
        var definition = TokenizerDefinition()
        for (rank, line) in merges.enumerated() {
            guard let merge = MergeLine.parse(line) else {
                throw TokenizerError("tokenizer.ggml.merges[\(rank)]", "expected two tokens, found \"\(line)\"")
            }
            definition.merges.append(merge)
        }
        // What a merge makes is ordinary text, whatever its type says (`</s>` of Qwen3's vocabulary).
        let merged = Set(definition.merges.lazy.map { $0.left + $0.right })
        for (id, token) in tokens.enumerated() where tokenTypes[id] != Self.unused {
            try definition.set(token, at: id, field: "tokenizer.ggml.tokens")
            let isAdded = tokenTypes[id] == Self.control || tokenTypes[id] == Self.userDefined
            if isAdded, !token.isEmpty, !merged.contains(token) {
                let isSpecial = tokenTypes[id] == Self.control && !Self.unspecial.contains(token)
                definition.added.append(AddedToken(id: TokenID(id), text: token, isSpecial: isSpecial))
            }
        }
        if let textEnd, tokens.indices.contains(textEnd) {
            definition.textEnd = [TokenID(textEnd)]
        }
        return definition
    }
}
