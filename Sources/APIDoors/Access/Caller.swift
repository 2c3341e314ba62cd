internal import Serving

/// Whose request it is: a key, or everybody where no key is asked for.
package final class Caller: Sendable {
    /// How the engine knows it.
    let client: RequestClient
    /// Tells callers apart; nil where no key is asked for.
    let key: KeyDigest?
    /// The key's name; nil where no key is asked for.
    package let name: String?
    let scopes: Set<AccessScope>
    let limiter: RateLimiter
    /// The most urgent priority of its requests; nil sets no bound.
    let priorityBound: Int?

    init(
        key: KeyDigest?, name: String?, scopes: Set<AccessScope>, limiter: RateLimiter,
        standing: KeyStanding = KeyStanding()
    ) {
        client = RequestClient(
            id: key?.number ?? 0, weight: standing.weight, isBatch: standing.isBatch)
        self.key = key
        self.name = name
        self.scopes = scopes
        self.limiter = limiter
        priorityBound = standing.priorityBound
    }

    /// Whether a route is for this caller.
    func mayUse(_ access: RouteAccess) -> Bool {
        switch access {
        case .everybody, .anyKey: true
        case .scope(let scope): scopes.contains(scope)
        }
    }
}

/// Whom a route answers.
package enum RouteAccess: Sendable, Hashable {
    /// Those without a key too.
    case everybody
    /// Every key, whatever it is for.
    case anyKey
    /// Keys for this.
    case scope(AccessScope)
}
