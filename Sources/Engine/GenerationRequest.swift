public import Sampling
public import Tokens

/// What an engine is asked to generate.
public struct GenerationRequest: Sendable {
    public var prompt: [TokenID]
    /// The most tokens to generate; 0 computes the prompt only.
    public var maximumTokens: Int
    /// What is read off the prompt's last token; then nothing is generated.
    public var reading: PromptReading?
    public var sampling: SamplingParameters
    public var stops: StopConditions
    /// The machine that labels the output, in the state in which the prompt leaves it.
    public var output: OutputMachine
    /// What the output is held to outside its reasoning; nil leaves it free.
    public var constraint: (any TokenConstraint)?
    /// Whether an answer that is held to something is completed before its tokens run out, where that can be.
    public var closesFormAtLimit = false
    /// How many alternatives to report beside the log-probability of each prompt token, 0…20; nil reports none.
    public var promptLogProbabilities: Int?
    /// Whether the prompt may reuse what earlier requests computed, and later ones what this one computes.
    public var usesPrefixCache: Bool
    /// Only requests with the same salt share a prefix.
    public var cacheSalt: UInt64
    /// The place of the context window that it runs in, among the engine's.
    public var window = 0
    /// Those whose prompt begins as this one's does, if there are any.
    public var promptGroup: PromptGroup?
    /// What counts as a loop, which is then ended; nil lets loops go on.
    public var loopLimits: LoopLimits?
    /// How long it may take.
    public var timeLimits: TimeLimits
    /// Of a client's requests, those with a higher one go first and are preempted last.
    public var priority: Int
    /// Whose it is; clients get fair shares of the work.
    public var client = EngineClient.everybody
    /// Whether somebody waits for it.
    public var urgency = RequestUrgency.interactive

    public init(
        prompt: [TokenID], maximumTokens: Int, sampling: SamplingParameters = SamplingParameters(),
        stops: StopConditions = StopConditions(), output: OutputMachine = OutputMachine(tokens: OutputGrammarTokens()),
        constraint: (any TokenConstraint)? = nil, promptLogProbabilities: Int? = nil, usesPrefixCache: Bool = true,
        cacheSalt: UInt64 = 0, promptGroup: PromptGroup? = nil, timeLimits: TimeLimits = TimeLimits(),
        priority: Int = 0, loopLimits: LoopLimits? = nil
    ) {
        self.prompt = prompt
        self.maximumTokens = maximumTokens
        reading = nil
        self.loopLimits = loopLimits
        self.sampling = sampling
        self.stops = stops
        self.output = output
        self.constraint = constraint
        self.promptLogProbabilities = promptLogProbabilities
        self.usesPrefixCache = usesPrefixCache
        self.cacheSalt = cacheSalt
        self.promptGroup = promptGroup
        self.timeLimits = timeLimits
        self.priority = priority
    }

    /// Computes a prompt for what is read where it ends.
    public init(
        prompt: [TokenID], reading: PromptReading, usesPrefixCache: Bool = true, cacheSalt: UInt64 = 0,
        promptGroup: PromptGroup? = nil, timeLimits: TimeLimits = TimeLimits()
    ) {
        self.init(
            prompt: prompt, maximumTokens: 0, usesPrefixCache: usesPrefixCache, cacheSalt: cacheSalt,
            promptGroup: promptGroup, timeLimits: timeLimits)
        self.reading = reading
    }
}
