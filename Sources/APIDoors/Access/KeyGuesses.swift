internal import Sockets
internal import Synchronization

/// How often an address may bring keys that are none: whoever guesses has to wait between guesses.
///
/// An address that has brought too many is refused whatever it brings, so that a guess that is right tells nothing; but for keys
/// that it brought before that: many clients may share the address of a proxy, and one of them must not shut the others out.
/// Both tables are bounded; the one of good keys is filled by keys alone, never by strangers.
final class KeyGuesses: Sendable {
    private struct GoodKey: Hashable {
        let address: NumericAddress
        let digest: KeyDigest
    }

    private struct State {
        var allowances: [NumericAddress: MinuteAllowance] = [:]
        /// When a key last came from an address.
        var goodKeys: [GoodKey: ContinuousClock.Instant] = [:]
    }

    /// What each table holds at most.
    static let capacity = 4_096

    let limit: Int
    private let clock: AccessControl.Clock
    private let state = Mutex(State())

    /// Permits so many wrong keys a minute from one address.
    init(limit: Int, clock: @escaping AccessControl.Clock) {
        self.limit = limit
        self.clock = clock
    }

    /// How long an address has to wait; nil where it need not.
    func wait(of address: NumericAddress) -> Duration? {
        let now = clock()
        return state.withLock { state in
            guard var allowance = state.allowances[address.subscriber] else { return nil }
            allowance.refill(at: now)
            return allowance.waitForOne
        }
    }

    /// Counts wrong keys.
    func count(_ keyCount: Int, from address: NumericAddress) {
        let (address, now) = (address.subscriber, clock())
        state.withLock { state in
            var allowance = state.allowances[address] ?? MinuteAllowance(limit: limit, at: now)
            allowance.refill(at: now)
            // Nobody gets into debt: several keys at once are the last ones.
            allowance.spend(min(keyCount, max(1, allowance.remaining)))
            if state.allowances[address] == nil, state.allowances.count >= Self.capacity {
                Self.forgetTheLeastGuilty(&state.allowances, at: now)
            }
            state.allowances[address] = allowance
        }
    }

    /// Remembers that a key is used from an address.
    func note(_ digest: KeyDigest, from address: NumericAddress) {
        let (key, now) = (GoodKey(address: address.subscriber, digest: digest), clock())
        state.withLock { state in
            if state.goodKeys[key] == nil, state.goodKeys.count >= Self.capacity {
                let times = state.goodKeys.values.sorted()
                let bound = times[times.count / 2]
                state.goodKeys = state.goodKeys.filter { $0.value > bound }
            }
            state.goodKeys[key] = now
        }
    }

    /// Whether a key was used from an address before.
    func knows(_ digest: KeyDigest, from address: NumericAddress) -> Bool {
        state.withLock { $0.goodKeys[GoodKey(address: address.subscriber, digest: digest)] != nil }
    }

    /// How many addresses are remembered for wrong keys.
    var addressCount: Int { state.withLock { $0.allowances.count } }

    /// Half of them at a time, so that a flood of addresses costs little for each, and brings no guesser a new start.
    private static func forgetTheLeastGuilty(
        _ allowances: inout [NumericAddress: MinuteAllowance], at now: ContinuousClock.Instant
    ) {
        let current = allowances.map { address, allowance in
            var allowance = allowance
            allowance.refill(at: now)
            return (address: address, allowance: allowance)
        }
        let guiltiest = current.sorted { $0.allowance.remaining < $1.allowance.remaining }.prefix(capacity / 2)
        allowances = Dictionary(uniqueKeysWithValues: guiltiest.map { ($0.address, $0.allowance) })
    }
}
