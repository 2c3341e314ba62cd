internal import Serving
internal import Synchronization

/// Takes the tokens of one request off its caller's allowance, while they come: a client that leaves has paid for what it had.
package final class TokenMeter: Sendable {
    private let caller: Caller?
    private let counted = Mutex(0)

    init(_ caller: Caller?) {
        self.caller = caller
    }

    /// So many more tokens were read or written.
    package func count(_ tokens: Int) {
        counted.withLock { $0 += tokens }
        caller?.limiter.spend(tokens: tokens)
    }

    func count(_ progress: StreamProgress?) {
        if case .generated(_, let count) = progress { self.count(count) }
    }

    /// The request is complete and came to so many tokens, whatever was counted of it before.
    func settle(_ usage: TokenUsage) {
        let missing = counted.withLock { usage.totalTokens - $0 }
        if missing != 0 { count(missing) }
    }
}
