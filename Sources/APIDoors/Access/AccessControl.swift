internal import Sockets
internal import Synchronization

/// Who may use the server, and how much of it.
public final class AccessControl: Sendable {
    private struct State {
        var entries: [(digest: KeyDigest, caller: Caller)] = []
    }

    /// What limits go by.
    package typealias Clock = @Sendable () -> ContinuousClock.Instant

    private let defaultLimits: RateLimits
    private let clock: Clock
    private let state: Mutex<State>
    /// Where no key is asked for, all clients are one caller.
    private let everybody: Caller

    /// Keeps addresses from trying key after key; nil lets them.
    private let guesses: KeyGuesses?

    /// Asks for one of the keys, or for none if there are none. The limits are those of keys that have none of their own;
    /// an address may bring `wrongKeysPerMinute` wrong keys in a minute, or as many as it likes for nil.
    public convenience init(
        keys: [AccessKey] = [], limits: RateLimits = RateLimits(), wrongKeysPerMinute: Int? = nil
    ) {
        self.init(keys: keys, limits: limits, wrongKeysPerMinute: wrongKeysPerMinute) { .now }
    }

    /// The same with a clock of its own.
    package init(
        keys: [AccessKey], limits: RateLimits = RateLimits(), wrongKeysPerMinute: Int? = nil, clock: @escaping Clock
    ) {
        defaultLimits = limits
        guesses = wrongKeysPerMinute.map { KeyGuesses(limit: $0, clock: clock) }
        self.clock = clock
        everybody = Caller(
            key: nil, name: nil, scopes: Set(AccessScope.allCases), limiter: RateLimiter(limits, clock: clock))
        state = Mutex(State())
        replaceKeys(keys)
    }

    /// Whether a key is asked for.
    public var asksForKeys: Bool { state.withLock { !$0.entries.isEmpty } }

    /// Takes other keys from now on. A key that stays has spent what it had spent. Without any key nothing changes: a
    /// file that was emptied by mistake must not open the server.
    public func replaceKeys(_ keys: [AccessKey]) {
        guard !keys.isEmpty else { return }
        state.withLock { state in
            let known = Dictionary(state.entries.map { ($0.digest, $0.caller.limiter) }) { first, _ in first }
            state.entries = keys.map { key in
                let limits = RateLimits(
                    requestsPerMinute: key.limits.requestsPerMinute ?? defaultLimits.requestsPerMinute,
                    tokensPerMinute: key.limits.tokensPerMinute ?? defaultLimits.tokensPerMinute)
                let limiter =
                    known[key.digest].flatMap { $0.limits == limits ? $0 : nil }
                    ?? RateLimiter(limits, clock: clock)
                let caller = Caller(
                    key: key.digest, name: key.name, scopes: key.scopes, limiter: limiter, standing: key.standing)
                return (key.digest, caller)
            }
        }
    }

    /// Who brings these keys: of several the first that is one. Nil where a key is asked for and none fits.
    func caller(bringing given: [[UInt8]]) -> Caller? {
        let entries = state.withLock { $0.entries }
        guard !entries.isEmpty else { return everybody }
        var found: Caller?
        for key in given {
            let digest = KeyDigest(of: key)
            // Every key is looked at, so that the time taken tells nothing of which it was.
            for entry in entries where entry.digest.isEqual(to: digest) && found == nil {
                found = entry.caller
            }
        }
        return found
    }
}

extension AccessControl {
    /// What becomes of a request by the keys that it brings.
    enum Admission {
        case caller(Caller)
        case refused(APIError)
    }

    /// Whose request from an address it is, if it may be answered.
    func admission(bringing given: [[UInt8]], from peer: SocketAddress?) -> Admission {
        let caller = caller(bringing: given)
        guard let guesses, let address = peer?.host.flatMap({ NumericAddress($0) }), !given.isEmpty else {
            return caller.map { .caller($0) } ?? .refused(.invalidAPIKey)
        }
        let wait = guesses.wait(of: address)
        if let caller {
            guard let digest = caller.key else { return .caller(caller) }
            if let wait, !guesses.knows(digest, from: address) {
                return .refused(.tooManyWrongKeys(limit: guesses.limit, wait: wait))
            }
            guesses.note(digest, from: address)
            return .caller(caller)
        }
        if let wait { return .refused(.tooManyWrongKeys(limit: guesses.limit, wait: wait)) }
        guesses.count(given.count, from: address)
        return .refused(.invalidAPIKey)
    }
}
