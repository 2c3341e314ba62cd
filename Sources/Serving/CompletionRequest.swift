/// Raw text or tokens to be continued, without a chat template, in no dialect. Unchecked.
public struct CompletionRequest: Sendable {
    /// The model by name, or nil for the server's only one.
    public var model: String?
    /// Each is continued by itself.
    public var prompts: [CompletionPrompt]
    /// Whether the reply's text begins with the prompt's.
    public var echoesPrompt: Bool
    public var options: GenerationOptions

    public init(
        model: String? = nil, prompts: [CompletionPrompt], echoesPrompt: Bool = false,
        options: GenerationOptions = GenerationOptions()
    ) {
        self.model = model
        self.prompts = prompts
        self.echoesPrompt = echoesPrompt
        self.options = options
    }
}

/// The prompt of a completion.
public enum CompletionPrompt: Sendable, Hashable {
    /// Text for the tokenizer; added tokens written in it count as such.
    case text(String)
    /// Token ids as the client sent them, unchecked.
    case tokens([Int])
    /// Texts and token ids in turns; each text is tokenized by itself.
    case mixed([CompletionPromptPart])
}

/// A part of a mixed prompt.
public enum CompletionPromptPart: Sendable, Hashable {
    case text(String)
    case token(Int)
}
