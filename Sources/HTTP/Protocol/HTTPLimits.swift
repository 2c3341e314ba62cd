/// What a client may ask of a connection. Each limit has a status of its own when it is broken.
public struct HTTPLimits: Sendable, Hashable {
    /// The longest line: a longer request line answers 414, a longer field line 431.
    public var lineByteLimit = 8_192
    /// The most header fields, else 431.
    public var fieldLimit = 100
    /// The largest head and the largest trailer section, else 431.
    public var headByteLimit = 65_536
    /// The largest body on the wire, else 413. A responder may set a smaller limit when it reads the body.
    public var bodyByteLimit = 32 << 20

    /// How long a head may take from its first byte, else 408.
    public var headTimeout: Duration = .seconds(10)
    /// How long an idle connection is kept.
    public var idleTimeout: Duration = .seconds(75)
    /// The window in which a body that is being read must make progress, else 408.
    public var bodyWindow: Duration = .seconds(10)
    /// How many bytes of a body must arrive in each window.
    public var bodyWindowByteCount = 1_024
    /// How long outstanding bytes may go without progress before the peer counts as gone.
    public var writeTimeout: Duration = .seconds(60)
    /// Above so many outstanding bytes a writer waits.
    public var highWaterByteCount = 65_536
    /// Below so many outstanding bytes a waiting writer goes on.
    public var lowWaterByteCount = 16_384

    /// The default limits.
    public init() {}
}
