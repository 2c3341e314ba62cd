internal import Foundation

/// How long to wait before something is tried again, and when to give up.
struct RetrySchedule: Sendable {
    /// A hub that asks for more than this is not waited for.
    static let longestWait = Duration.seconds(300)

    private let first: Duration
    private let limit: Int
    private var failureCount = 0

    /// - Parameters:
    ///   - first: what the first wait takes.
    ///   - limit: so many failures without any progress in between are enough.
    init(first: Duration, limit: Int) {
        self.first = first
        self.limit = limit
    }

    /// Something came: what failed before is forgotten.
    mutating func succeeded() {
        failureCount = 0
    }

    /// The wait before the next try: what the hub asked for, or twice as long as the last one. Nil gives up.
    mutating func wait(asked: Duration? = nil) -> Duration? {
        failureCount += 1
        guard failureCount < limit else { return nil }
        if let asked { return asked <= Self.longestWait ? asked : nil }
        return min(first * (1 << (failureCount - 1)), Self.longestWait)
    }

    /// What `Retry-After` says: seconds, or a date (RFC 9110 section 10.2.3). Nil where it says nothing.
    static func asked(_ field: String?, now: Date = Date()) -> Duration? {
        guard let field else { return nil }
        if let seconds = Int(field), seconds >= 0 { return .seconds(min(seconds, 1_000_000_000)) }
        let format = DateFormatter()
        format.locale = Locale(identifier: "en_US_POSIX")
        format.dateFormat = "EEE, dd MMM yyyy HH:mm:ss zzz"
        guard let date = format.date(from: field) else { return nil }
        return .seconds(min(max(0, date.timeIntervalSince(now)), 1e9))
    }
}
