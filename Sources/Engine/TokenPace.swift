/// How fast tokens come: on the whole, and of late.
///
/// Others that join or leave a batch change the pace at once, and an average since the first token would notice it late.
struct TokenPace: Hashable, Sendable {
    /// The last tokens count for about as many.
    private static let window = 16

    /// The time of a token of late, in seconds; nil before the second token.
    private var recent: Double?

    /// A token came so long after the one before it.
    mutating func add(_ delay: Duration) {
        let seconds = delay / .seconds(1)
        recent = recent.map { $0 + (seconds - $0) / Double(Self.window) } ?? seconds
    }

    /// How long so many more tokens will take: at the slower of both paces.
    ///
    /// - Parameters:
    ///   - count: the tokens to come.
    ///   - sinceFirstToken: the time since the first token.
    ///   - tokenCount: tokens that came; at least one.
    /// - Returns: the time from now on.
    func time(of count: Int, sinceFirstToken: Duration, tokenCount: Int) -> Duration {
        let seconds = sinceFirstToken / .seconds(1)
        let average = seconds / Double(tokenCount)
        return .seconds(max(average, recent ?? 0) * Double(count))
    }
}
