public import Tokens

/// A row of logits, and what is to be found out about it.
@safe
public struct SamplingRow {
    /// The model's output; the same afterwards, but written to meanwhile.
    public var logits: UnsafeMutableBufferPointer<Float>
    /// How a token is drawn of it, and after which others; nil draws none.
    public var draw: (plan: SamplingPlan, history: TokenHistory)?
    /// The tokens that may be drawn, whatever the parameters say; nil if all may.
    public var mask: TokenMask?
    /// How many of the likeliest tokens are reported, 0…20; nil tells no log-probabilities.
    public var alternativeCount: Int?

    public init(
        _ logits: UnsafeMutableBufferPointer<Float>, draw: (plan: SamplingPlan, history: TokenHistory)? = nil,
        mask: TokenMask? = nil, alternativeCount: Int? = nil
    ) {
        unsafe self.logits = unsafe logits
        self.draw = draw
        self.mask = mask
        self.alternativeCount = alternativeCount
    }
}

/// What was found out about a row of logits.
public struct SampledRow: Sendable {
    /// The token that was drawn, if one was asked for: an id below the vocabulary limit.
    public var token: TokenID?
    /// The model's own distribution, if it was asked for.
    public var distribution: RowDistribution?

    public init() {}
}

/// How likely the model itself finds the tokens in a place: the softmax over the whole row, padding included.
public struct RowDistribution: Sendable {
    /// The natural logarithm of the sum of all powers of e.
    let normalizer: Double
    /// The likeliest tokens, best first, lower ids first among equals.
    public let alternatives: [TokenLogProbability]

    /// The natural logarithm of the probability of a token with this logit.
    public func logProbability(ofLogit logit: Float) -> Float {
        Float(Double(logit) - normalizer)
    }

    /// The natural logarithm of a token's probability, by its row of logits; −∞ for ids that are not in it.
    public func logProbability(of token: TokenID, in logits: UnsafeMutableBufferPointer<Float>) -> Float {
        let index = token.index
        let isThere = index >= 0 && index < logits.count
        return logProbability(ofLogit: isThere ? unsafe logits[index] : -.infinity)
    }
}
