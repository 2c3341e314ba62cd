package import Serving

/// Decides when a stream needs a sign of life so that nobody between server and client takes it for dead.
///
/// Pulses come twice in each interval: whenever nothing was sent between two of them, a sign is due.
package struct StreamHeartbeat {
    private var hasSentSincePulse = false
    private var status = Self.idleStatus
    private var hasShownQueue = false

    /// What is said where nothing else is known.
    static let idleStatus = "keep-alive"

    package init() {}

    /// Something was sent to the client.
    package mutating func sent() {
        hasSentSincePulse = true
    }

    /// The status to send after an event; nil where none is due. Without progress, text has begun to come.
    package mutating func status(after progress: StreamProgress?) -> String? {
        switch progress {
        case .queued(_, let ahead, let wait):
            let seconds = wait.map { Int(($0.milliseconds / 1000).rounded(.up)) }
            status = "queued, \(ahead) ahead" + (seconds.map { ", about \($0) s" } ?? "")
            // The first time, the client is told at once.
            guard !hasShownQueue, ahead > 0 else { return nil }
            hasShownQueue = true
            return status
        case .prefilling(_, let done, let total):
            status = "reading the prompt, \(done) of \(total) tokens"
            return nil
        case .pulse:
            defer { hasSentSincePulse = false }
            return hasSentSincePulse ? nil : status
        case .generated, nil:
            status = Self.idleStatus
            return nil
        }
    }
}
