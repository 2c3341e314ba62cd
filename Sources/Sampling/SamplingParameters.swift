public import Tokens

/// How the next token is chosen from a row of logits. The initial values change nothing: the model's own distribution.
///
/// The steps are taken in this order: `logitBias`, `bannedTokens`, `minimumTokens`, `repetitionPenalty`, `presencePenalty` and
/// `frequencyPenalty`, `temperature`, `topK`, `topP`, `minP`, draw.
public struct SamplingParameters: Hashable, Sendable {
    /// Divides the logits; 0 takes the likeliest token, of equals the one with the lowest id.
    public var temperature: Float
    /// Keeps the likeliest tokens that together reach this probability; 1 keeps all.
    public var topP: Float
    /// Keeps so many of the likeliest tokens; 0 keeps all.
    public var topK: Int
    /// Keeps the tokens that are at least this fraction as probable as the likeliest one; 0 keeps all.
    public var minP: Float
    /// Subtracted once from the logit of every token that was generated before.
    public var presencePenalty: Float
    /// Subtracted from a token's logit for each time that it was generated before.
    public var frequencyPenalty: Float
    /// Divides positive and multiplies negative logits of the tokens of the prompt and of those generated; 1 does nothing.
    public var repetitionPenalty: Float
    /// Where penalties apply. With `content` they count neither reasoning nor the prompt.
    public var penaltyScope: OutputScope
    /// Added to the logits. −100 and below bans a token; where a token has 100 or more, only such tokens can be drawn.
    public var logitBias: [TokenID: Float]
    /// Where biases apply. With `content` they leave the tag that opens a think block alone, too.
    public var logitBiasScope: OutputScope
    /// Tokens that cannot be drawn, wherever biases apply.
    public var bannedTokens: Set<TokenID>
    /// The same request with the same seed draws the same tokens, whatever else runs beside it.
    public var seed: UInt64
    /// Which of several answers to one request this is: each has its own stream of draws from the same seed.
    public var choice: UInt32
    /// Before so many tokens were generated, neither an end nor a stop token can be drawn.
    public var minimumTokens: Int
    /// The model's end tokens are drawn like any other and end nothing.
    public var ignoresEnd: Bool
    /// How many alternatives are reported beside each token's log-probability, 0…20; nil reports no log-probabilities.
    public var logProbabilityCount: Int?

    public init(
        temperature: Float = 1, topP: Float = 1, topK: Int = 0, minP: Float = 0, presencePenalty: Float = 0,
        frequencyPenalty: Float = 0, repetitionPenalty: Float = 1, penaltyScope: OutputScope = .all,
        logitBias: [TokenID: Float] = [:], logitBiasScope: OutputScope = .all, bannedTokens: Set<TokenID> = [],
        seed: UInt64 = 0, choice: UInt32 = 0, minimumTokens: Int = 0, ignoresEnd: Bool = false,
        logProbabilityCount: Int? = nil
    ) {
        self.temperature = temperature
        self.topP = topP
        self.topK = topK
        self.minP = minP
        self.presencePenalty = presencePenalty
        self.frequencyPenalty = frequencyPenalty
        self.repetitionPenalty = repetitionPenalty
        self.penaltyScope = penaltyScope
        self.logitBias = logitBias
        self.logitBiasScope = logitBiasScope
        self.bannedTokens = bannedTokens
        self.seed = seed
        self.choice = choice
        self.minimumTokens = minimumTokens
        self.ignoresEnd = ignoresEnd
        self.logProbabilityCount = logProbabilityCount
    }

    /// The likeliest token at every step.
    public static let greedy = SamplingParameters(temperature: 0)
}
