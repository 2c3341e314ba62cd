/// What one client saw of one chat.
struct LoadRecord: Sendable {
    /// From the request to the first token, in seconds; nil if none came.
    var firstTokenSeconds: Double?
    /// Between one piece of text and the next, in seconds.
    var gaps: [Double] = []
    /// From the request to the end, in seconds.
    var totalSeconds = 0.0
    /// As the server counted them.
    var tokenCount = 0
    var promptTokenCount = 0
    /// Why the chat failed; nil where it did not.
    var failure: String?
}

/// A few numbers that describe many.
public struct Distribution: Hashable, Sendable {
    public let count: Int
    public let mean: Double
    private let sorted: [Double]

    init(_ values: [Double]) {
        sorted = values.sorted()
        count = values.count
        mean = values.isEmpty ? .nan : values.reduce(0, +) / Double(values.count)
    }

    /// The value that this part of all does not exceed, by the nearest rank; not a number where there are none.
    public func percentile(_ part: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        let rank = Int((part * Double(sorted.count)).rounded(.up)) - 1
        return sorted[min(max(rank, 0), sorted.count - 1)]
    }
}

/// What one number of clients came to.
public struct LoadResult: Hashable, Sendable {
    public var clientCount: Int
    public var chatCount: Int
    public var failures: [String]
    public var seconds: Double
    public var tokenCount: Int
    public var promptTokenCount: Int
    /// From a request to its first token, in seconds.
    public var firstToken: Distribution
    /// Between two pieces of a stream, in seconds.
    public var betweenTokens: Distribution
    /// From a request to its end, in seconds.
    public var total: Distribution

    init(clientCount: Int, seconds: Double, records: [LoadRecord]) {
        let good = records.filter { $0.failure == nil }
        self.clientCount = clientCount
        self.seconds = seconds
        chatCount = records.count
        failures = records.compactMap(\.failure)
        tokenCount = good.reduce(0) { $0 + $1.tokenCount }
        promptTokenCount = good.reduce(0) { $0 + $1.promptTokenCount }
        firstToken = Distribution(good.compactMap(\.firstTokenSeconds))
        betweenTokens = Distribution(good.flatMap(\.gaps))
        total = Distribution(good.map(\.totalSeconds))
    }

    /// Of all clients together.
    public var tokensPerSecond: Double { Double(tokenCount) / max(seconds, 1e-9) }
    public var chatsPerSecond: Double { Double(chatCount - failures.count) / max(seconds, 1e-9) }
}
