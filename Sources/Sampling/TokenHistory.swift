public import Tokens

/// What stands before the token that is to be drawn: the prompt, what was generated after it, and guesses behind that.
public struct TokenHistory: Sendable {
    public var tokens: [TokenID]
    /// How many of the tokens are the prompt.
    public var promptCount: Int
    /// Generated tokens that are only guessed.
    public var guesses: ArraySlice<TokenID>
    /// What penalties look back on.
    public var reach: PenaltyReach
    /// Which tokens biases act on behind all that.
    public var biasReach: BiasReach

    public init(
        _ tokens: [TokenID], promptCount: Int, guesses: ArraySlice<TokenID> = [], reach: PenaltyReach = .everything,
        biasReach: BiasReach = .everything
    ) {
        self.tokens = tokens
        self.promptCount = promptCount
        self.guesses = guesses
        self.reach = reach
        self.biasReach = biasReach
    }

    /// How many tokens were generated, guesses included.
    var generatedCount: Int { tokens.count + guesses.count - promptCount }

    @inline(__always)
    func forEach(from first: Int, _ body: (TokenID) -> Void) {
        for token in tokens.dropFirst(first) {
            body(token)
        }
        for token in guesses.dropFirst(max(0, first - tokens.count)) {
            body(token)
        }
    }
}
