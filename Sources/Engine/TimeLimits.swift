/// How long a generation may take. Decides by elapsed times alone, so that it can be tested without a clock.
public struct TimeLimits: Hashable, Sendable {
    /// From the first token: then thinking is brought to an end.
    public var thinking: Duration?
    /// From the first token: then the generation ends.
    public var writing: Duration?
    /// From the request: then the generation ends, wherever it stands.
    public var total: Duration?
    /// Tokens for which thinking leaves time before `total`, at the pace of late; 0 leaves none.
    public var answerTokens: Int

    public init(
        thinking: Duration? = nil, writing: Duration? = nil, total: Duration? = nil, answerTokens: Int = 0
    ) {
        self.thinking = thinking
        self.writing = writing
        self.total = total
        self.answerTokens = answerTokens
    }

    /// Whether there is any limit.
    public var isEmpty: Bool { thinking == nil && writing == nil && total == nil }

    /// What is due.
    enum Verdict: Equatable {
        case goOn
        case endThinking
        case finish
    }

    /// - Parameters:
    ///   - sinceRequest: the time since the request came.
    ///   - sinceFirstToken: the time since the first token; nil before it.
    ///   - tokenCount: tokens generated so far.
    ///   - pace: how fast they came.
    /// - Returns: what is due now.
    func verdict(
        sinceRequest: Duration, sinceFirstToken: Duration?, tokenCount: Int, pace: TokenPace = TokenPace()
    ) -> Verdict {
        if let total, sinceRequest >= total { return .finish }
        guard let sinceFirstToken else { return .goOn }
        if let writing, sinceFirstToken >= writing { return .finish }
        if let thinking, sinceFirstToken >= thinking { return .endThinking }
        guard let total, answerTokens > 0, tokenCount > 0 else { return .goOn }
        let needed = pace.time(of: answerTokens, sinceFirstToken: sinceFirstToken, tokenCount: tokenCount)
        // A tenth more, since the pace may fall. However slow it is, thinking may have half of the time.
        let answerTime = min(needed * 11 / 10, total / 2)
        return total - sinceRequest <= answerTime ? .endThinking : .goOn
    }
}
