/// An amount that may be spent in a minute. What was spent comes back evenly, so that no minute's end is worth waiting for.
///
/// It may go into debt: what a reply takes is known only while it comes. Whoever is in debt waits until it is paid.
struct MinuteAllowance: Sendable, Equatable {
    let limit: Int
    private var level: Double
    private var refilled: ContinuousClock.Instant

    /// A full allowance.
    init(limit: Int, at now: ContinuousClock.Instant) {
        self.limit = limit
        level = Double(limit)
        refilled = now
    }

    /// What is left, nothing where there is debt.
    var remaining: Int { max(0, Int(level.rounded(.down))) }

    /// How long it takes until the whole limit can be spent at once.
    var timeToFull: Duration { time(toGain: Double(limit) - level) }

    /// Adds what has come back since the last time.
    mutating func refill(at now: ContinuousClock.Instant) {
        guard now > refilled else { return }
        level = min(Double(limit), level + (now - refilled) / .seconds(60) * Double(limit))
        refilled = now
    }

    /// How long until one can be spent, or nil if it can be now.
    var waitForOne: Duration? { level >= 1 ? nil : time(toGain: 1 - level) }

    /// Spends, be it into debt.
    mutating func spend(_ amount: Int) {
        level -= Double(amount)
    }

    private func time(toGain amount: Double) -> Duration {
        .seconds(max(0, amount) * 60 / Double(limit))
    }
}
