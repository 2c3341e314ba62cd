public import Tokens

/// A token and the natural logarithm of its probability.
public struct TokenLogProbability: Hashable, Sendable {
    public var id: TokenID
    public var logProbability: Float

    public init(id: TokenID, logProbability: Float) {
        self.id = id
        self.logProbability = logProbability
    }
}

/// A generated token with everything its reader needs to know about it.
///
/// Log-probabilities are the model's own: of its raw logits, before penalties, temperature and filters. They are there
/// if the request asked for them.
public struct SampledToken: Hashable, Sendable {
    public var id: TokenID
    public var phase: OutputPhase
    /// A think or tool-call tag, or an end token that was ignored: never text.
    public var isStructural: Bool
    public var logProbability: Float?
    /// The likeliest tokens, best first, lower ids first among equals; as many as the request asked for.
    public var alternatives: [TokenLogProbability]

    public init(
        id: TokenID, phase: OutputPhase = .content, isStructural: Bool = false, logProbability: Float? = nil,
        alternatives: [TokenLogProbability] = []
    ) {
        self.id = id
        self.phase = phase
        self.isStructural = isStructural
        self.logProbability = logProbability
        self.alternatives = alternatives
    }
}
