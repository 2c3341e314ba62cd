public import Engine

/// The tokens of one request, all its choices together, and the time they took.
public struct TokenUsage: Sendable, Hashable {
    /// The prompt's, counted once however many choices share it.
    public var promptTokens = 0
    /// Of the prompt's, those that earlier requests had computed.
    public var cachedTokens = 0
    /// Further ones that had been computed with another factor of YaRN only, and were computed anew.
    public var cachedElsewhereTokens = 0
    /// The factor of YaRN, of several prompts the largest, where the model has several; nil where it has one.
    public var yarnFactor: Double?
    /// All generated ones: those of reasoning, the tags and the end of text included.
    public var completionTokens = 0
    /// Of the generated ones, those inside think blocks, both tags included.
    public var reasoningTokens = 0
    /// The most tokens of reasoning of each choice, where the request asked for a bound; nil where it did not.
    public var thinkingBudget: Int?
    /// Messages of the prompt that got back the reasoning that the client had left out.
    public var restoredReasoningCount = 0
    /// Tokens that were guessed and computed ahead, and those of them that were then drawn.
    public var draftTokens = 0
    public var acceptedDraftTokens = 0
    /// Of choices that ran side by side, the longest times.
    public var timings = GenerationTimings()

    public init(promptTokens: Int = 0, cachedTokens: Int = 0, completionTokens: Int = 0, reasoningTokens: Int = 0) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
    }

    public var totalTokens: Int { promptTokens + completionTokens }

    /// Takes in the usage of another prompt that ran beside this one.
    mutating func add(_ other: TokenUsage) {
        promptTokens += other.promptTokens
        cachedTokens += other.cachedTokens
        cachedElsewhereTokens += other.cachedElsewhereTokens
        completionTokens += other.completionTokens
        reasoningTokens += other.reasoningTokens
        draftTokens += other.draftTokens
        acceptedDraftTokens += other.acceptedDraftTokens
        timings.include(other.timings)
    }
}

extension GenerationTimings {
    /// Takes in the timings of a generation that ran beside this one.
    mutating func include(_ other: GenerationTimings) {
        queue = max(queue, other.queue)
        prefill = max(prefill, other.prefill)
        decode = max(decode, other.decode)
    }
}
