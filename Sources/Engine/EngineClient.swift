/// Whose request it is. Clients that want work at the same time get fair shares of it.
public struct EngineClient: Hashable, Sendable {
    /// Tells clients apart.
    public var id: UInt64
    /// How much work it gets beside the others, in proportion; at least 1.
    public var weight: Int

    /// All requests of which nobody knows whose they are.
    public static let everybody = EngineClient(id: 0)

    public init(id: UInt64, weight: Int = 1) {
        self.id = id
        self.weight = max(1, weight)
    }
}

/// How soon a request's sender wants its reply.
public enum RequestUrgency: Hashable, Sendable {
    /// Somebody waits for it.
    case interactive
    /// Nobody waits: it comes after what is interactive, until it has waited for long.
    case batch
}
