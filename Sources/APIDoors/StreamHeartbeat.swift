/// Decides when a stream needs a comment so that nobody between server and client takes it for dead.
///
/// Pulses come twice in each interval: whenever nothing was sent between two of them, a comment is due.
package struct StreamHeartbeat {
    private var hasSentSincePulse = false
    private var status = "keep-alive"
    private var hasShownQueue = false

    package init() {}

    /// Something was sent to the client.
    package mutating func sent() {
        hasSentSincePulse = true
    }

    /// The request waits; the first time, the client is told at once.
    package mutating func queued(ahead: Int) -> String? {
        status = "queued, \(ahead) ahead"
        guard !hasShownQueue, ahead > 0 else { return nil }
        hasShownQueue = true
        return status
    }

    package mutating func prefilling(done: Int, of total: Int) {
        status = "reading the prompt, \(done) of \(total) tokens"
    }

    /// Text has begun to come.
    package mutating func generating() {
        status = "keep-alive"
    }

    /// The comment that is due now, if any.
    package mutating func pulse() -> String? {
        defer { hasSentSincePulse = false }
        return hasSentSincePulse ? nil : status
    }
}
