public import ConstrainedDecoding
public import Sampling

/// What a client says about how tokens are to be drawn. `nil` wherever it said nothing.
///
/// Nothing here is checked: ``RequestValidator`` does that and fills the gaps with the model's own defaults.
public struct GenerationOptions: Sendable, Hashable {
    /// The most tokens of a reply, reasoning included. The rest of the context when nil.
    public var maximumTokens: Int?
    /// The end of text is not drawn before this many tokens.
    public var minimumTokens: Int?
    /// 0 takes the likeliest token, 1 leaves the model's distribution as it is.
    public var temperature: Double?
    public var topP: Double?
    /// 0 and -1 switch the filter off.
    public var topK: Int?
    public var minP: Double?
    public var presencePenalty: Double?
    public var frequencyPenalty: Double?
    public var repetitionPenalty: Double?
    /// Where penalties apply.
    public var penaltyScope: OutputScope
    /// Token id to what is added to its logit, -100 to 100.
    public var logitBias: [Int: Double]
    /// Where biases apply.
    public var logitBiasScope: OutputScope
    public var seed: UInt64?
    public var stopStrings: [String]
    public var stopTokenIDs: [Int]
    /// Whether a stop string that matched stays at the end of the text.
    public var includesStopText: Bool
    public var ignoresEnd: Bool
    /// How many alternatives each token is reported with, 0 to 20. No log-probabilities at all when nil.
    public var logProbabilityCount: Int?
    /// How many alternatives each prompt token is reported with, 0 to 20. Nothing about the prompt when nil.
    public var promptLogProbabilityCount: Int?
    /// Whether log-probabilities are reported for reasoning too.
    public var reportsReasoningTokens: Bool
    /// How many replies to the same prompt.
    public var choiceCount: Int?
    /// What the answer is held to; nil leaves it free.
    public var constraint: ConstraintDefinition?
    /// Whether computed prompt prefixes of earlier requests may be reused.
    public var usesPrefixCache: Bool
    /// Requests with different salts share no cached prefix.
    public var cacheSalt: String?
    /// Milliseconds after the first token, then the reply is cut.
    public var writingTime: Int?
    /// Milliseconds after the request, then the reply is cut; thinking ends early enough for an answer.
    public var totalTime: Int?
    /// Whether an answer that is held to a form is completed before its tokens run out.
    public var closesFormAtLimit = false
    /// Where stop strings are looked for.
    public var stopScope: OutputScope
    /// Requests with lower values go first, -1000 to 1000; 0 when nil.
    public var priority: Int?
    /// Whether nobody waits for the reply, which then comes after those that somebody waits for.
    public var isBatch = false
    /// Whether loops are ended, and what counts as one; as the model's defaults have it when nil.
    public var repetitionDetection: RepetitionDetection?
    /// The factor of YaRN to be used, one of the model's; the smallest that the request's length needs when nil.
    public var ropeFactor: Double?

    /// The values of ``priority``.
    public static let priorities = -1000...1000

    public init(
        maximumTokens: Int? = nil, minimumTokens: Int? = nil, temperature: Double? = nil, topP: Double? = nil,
        topK: Int? = nil, minP: Double? = nil, presencePenalty: Double? = nil, frequencyPenalty: Double? = nil,
        repetitionPenalty: Double? = nil, logitBias: [Int: Double] = [:], seed: UInt64? = nil,
        stopStrings: [String] = [], stopTokenIDs: [Int] = [], includesStopText: Bool = false,
        ignoresEnd: Bool = false, logProbabilityCount: Int? = nil, choiceCount: Int? = nil,
        constraint: ConstraintDefinition? = nil, usesPrefixCache: Bool = true, cacheSalt: String? = nil,
        writingTime: Int? = nil, totalTime: Int? = nil, stopScope: OutputScope = .content,
        promptLogProbabilityCount: Int? = nil, reportsReasoningTokens: Bool = false, priority: Int? = nil,
        penaltyScope: OutputScope = .all, logitBiasScope: OutputScope = .content
    ) {
        self.maximumTokens = maximumTokens
        self.minimumTokens = minimumTokens
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.repetitionPenalty = repetitionPenalty
        self.logitBias = logitBias
        self.seed = seed
        self.stopStrings = stopStrings
        self.stopTokenIDs = stopTokenIDs
        self.includesStopText = includesStopText
        self.ignoresEnd = ignoresEnd
        self.logProbabilityCount = logProbabilityCount
        self.choiceCount = choiceCount
        self.constraint = constraint
        self.usesPrefixCache = usesPrefixCache
        self.cacheSalt = cacheSalt
        self.writingTime = writingTime
        self.totalTime = totalTime
        self.stopScope = stopScope
        self.promptLogProbabilityCount = promptLogProbabilityCount
        self.reportsReasoningTokens = reportsReasoningTokens
        self.priority = priority
        self.penaltyScope = penaltyScope
        self.logitBiasScope = logitBiasScope
    }
}

extension GenerationOptions {
    /// A part of the request's time is over.
    public mutating func takeOff(_ time: Duration) {
        guard time > .zero, let total = totalTime, total > 0 else { return }
        totalTime = max(0, total - Int(time / .milliseconds(1)))
    }
}
