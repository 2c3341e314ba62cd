public import Sampling
public import Tokens

/// What an engine tells the reader of a generation, in this order: queued, prefilling, prompt log-probabilities, reading or
/// tokens, finished. The last comes exactly once and nothing follows it.
public enum GenerationEvent: Hashable, Sendable {
    /// Not started; so many others go first, which will take about so long.
    case queued(ahead: Int, wait: Duration?)
    /// So many tokens of the prompt are computed.
    case prefilling(done: Int, of: Int)
    /// For each prompt token in turn, in one or more events.
    case promptLogProbabilities([PromptLogProbability])
    /// What the request wanted to read at its prompt's end.
    case reading([Float])
    /// Generated tokens. The one that ended the output is not among them.
    case tokens([SampledToken])
    case finished(FinishReason, GenerationUsage)
}

/// How likely the model found a token of the prompt after those before it.
public struct PromptLogProbability: Hashable, Sendable {
    public var id: TokenID
    /// Nil for the first token, which follows nothing.
    public var logProbability: Float?
    /// The likeliest tokens in its place, best first.
    public var alternatives: [TokenLogProbability]

    public init(id: TokenID, logProbability: Float?, alternatives: [TokenLogProbability] = []) {
        self.id = id
        self.logProbability = logProbability
        self.alternatives = alternatives
    }
}

/// Why a generation ended.
public enum FinishReason: Hashable, Sendable {
    /// The model ended its turn with this token.
    case endOfText(TokenID)
    /// A token of the request's stop conditions was drawn.
    case stopToken(TokenID)
    /// The stop string with this index was completed.
    case stopString(index: Int)
    /// The request's token limit or the context is used up.
    case length
    /// The output went round in this loop.
    case loop(OutputLoop)
    /// The request's time is over.
    case timeLimit
    case cancelled
    case failed(String)
}

/// What a generation used.
public struct GenerationUsage: Hashable, Sendable {
    public var promptTokens: Int
    /// Prompt tokens that were taken from the prefix cache.
    public var cachedTokens: Int
    /// Further prompt tokens that the prefix cache held for another context window only, and that were computed anew.
    public var cachedElsewhereTokens: Int
    /// Tokens generated, the one that ended the output included.
    public var completionTokens: Int
    /// Those of them that belong to reasoning, its tags included.
    public var reasoningTokens: Int
    /// What closed the think block; nil if none was closed.
    public var reasoningEnd: ReasoningEnd?
    /// What became of an answer that was to be completed in time; nil where none was to be.
    public var formEnd: FormEnd?
    /// Tokens that were guessed and computed ahead, and those of them that were then drawn.
    public var draftTokens: Int
    public var acceptedDraftTokens: Int
    public var timings: GenerationTimings

    public init(
        promptTokens: Int = 0, cachedTokens: Int = 0, cachedElsewhereTokens: Int = 0, completionTokens: Int = 0,
        reasoningTokens: Int = 0, reasoningEnd: ReasoningEnd? = nil, formEnd: FormEnd? = nil, draftTokens: Int = 0,
        acceptedDraftTokens: Int = 0,
        timings: GenerationTimings = GenerationTimings()
    ) {
        self.promptTokens = promptTokens
        self.cachedTokens = cachedTokens
        self.cachedElsewhereTokens = cachedElsewhereTokens
        self.completionTokens = completionTokens
        self.reasoningTokens = reasoningTokens
        self.reasoningEnd = reasoningEnd
        self.formEnd = formEnd
        self.draftTokens = draftTokens
        self.acceptedDraftTokens = acceptedDraftTokens
        self.timings = timings
    }
}

/// Where a generation's time went.
public struct GenerationTimings: Hashable, Sendable {
    /// From the request to its first step.
    public var queue: Duration
    /// From the first step to the first token.
    public var prefill: Duration
    /// From the first token to the end.
    public var decode: Duration

    public init(queue: Duration = .zero, prefill: Duration = .zero, decode: Duration = .zero) {
        self.queue = queue
        self.prefill = prefill
        self.decode = decode
    }
}
