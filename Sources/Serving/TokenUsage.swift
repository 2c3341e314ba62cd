/// The tokens of one request, all its choices together.
public struct TokenUsage: Sendable, Hashable {
    /// The prompt's, counted once however many choices share it.
    public var promptTokens: Int
    /// Of the prompt's, those that earlier requests had computed.
    public var cachedTokens: Int
    /// All generated ones, those of reasoning and the tags included.
    public var completionTokens: Int
    /// Of the generated ones, those inside think blocks, both tags included.
    public var reasoningTokens: Int

    public init(promptTokens: Int = 0, cachedTokens: Int = 0, completionTokens: Int = 0, reasoningTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
    }

    public var totalTokens: Int { promptTokens + completionTokens }
}
