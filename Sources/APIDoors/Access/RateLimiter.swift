internal import Synchronization

/// What one key has left of its requests and tokens of a minute.
package final class RateLimiter: Sendable {
    /// What a limit counts.
    package enum Kind: String, Sendable {
        case requests
        case tokens
    }

    /// What is left of one limit, as header fields tell it.
    package struct Standing: Sendable, Equatable {
        package var kind: Kind
        package var limit: Int
        package var remaining: Int
        /// How long until nothing is spent any more.
        package var reset: Duration
    }

    /// Why a request has to wait.
    package struct Refusal: Sendable, Equatable {
        package var kind: Kind
        package var limit: Int
        package var wait: Duration
    }

    private struct State {
        var requests: MinuteAllowance?
        var tokens: MinuteAllowance?
    }

    let limits: RateLimits
    private let state: Mutex<State>
    private let clock: AccessControl.Clock

    init(_ limits: RateLimits, clock: @escaping AccessControl.Clock = { .now }) {
        self.limits = limits
        self.clock = clock
        let now = clock()
        state = Mutex(
            State(
                requests: limits.requestsPerMinute.map { MinuteAllowance(limit: $0, at: now) },
                tokens: limits.tokensPerMinute.map { MinuteAllowance(limit: $0, at: now) }))
    }

    /// Whether anything is limited.
    var isLimiting: Bool { limits != .none }

    /// Takes one request off what is left, or tells how long it has to wait. A refused request takes nothing.
    func admit(at now: ContinuousClock.Instant? = nil) -> Refusal? {
        let now = now ?? clock()
        return state.withLock { state in
            state.requests?.refill(at: now)
            state.tokens?.refill(at: now)
            let refusals = [(Kind.requests, state.requests), (.tokens, state.tokens)].compactMap { kind, allowance in
                allowance.flatMap { allowance in
                    allowance.waitForOne.map { Refusal(kind: kind, limit: allowance.limit, wait: $0) }
                }
            }
            if let refusal = refusals.max(by: { $0.wait < $1.wait }) { return refusal }
            state.requests?.spend(1)
            return nil
        }
    }

    /// Takes tokens off what is left.
    func spend(tokens: Int, at now: ContinuousClock.Instant? = nil) {
        guard limits.tokensPerMinute != nil else { return }
        let now = now ?? clock()
        state.withLock { state in
            state.tokens?.refill(at: now)
            state.tokens?.spend(tokens)
        }
    }

    /// What is left.
    func standings(at now: ContinuousClock.Instant? = nil) -> [Standing] {
        let now = now ?? clock()
        return state.withLock { state in
            state.requests?.refill(at: now)
            state.tokens?.refill(at: now)
            return [(Kind.requests, state.requests), (.tokens, state.tokens)].compactMap { kind, allowance in
                allowance.map {
                    Standing(kind: kind, limit: $0.limit, remaining: $0.remaining, reset: $0.timeToFull)
                }
            }
        }
    }
}
