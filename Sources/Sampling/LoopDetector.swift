public import Tokens

/// What counts as an output that says the same again and again: a loop.
public struct LoopLimits: Hashable, Sendable {
    /// The longest period that is seen, in tokens.
    public static let periodLimit = 256

    /// How many tokens a loop's period may have; within 1…256.
    public var periods: ClosedRange<Int>
    /// How often the period must come in a row, at least 2.
    public var count: Int
    /// How many tokens all repeats must have together. Short periods are common in good text, rows of a table's dashes
    /// or of zeros, so they must come more often.
    public var span: Int
    /// The same for reasoning, whose loops cost most and whose end costs least.
    public var reasoningSpan: Int

    public init(
        periods: ClosedRange<Int> = 1...LoopLimits.periodLimit, count: Int = 6, span: Int = 512,
        reasoningSpan: Int = 256
    ) {
        self.periods = periods.clamped(to: 1...Self.periodLimit)
        self.count = max(2, count)
        self.span = span
        self.reasoningSpan = reasoningSpan
    }
}

/// A stretch of output that came again and again.
public struct OutputLoop: Hashable, Sendable {
    /// How many tokens come again.
    public var period: Int
    /// How often they came in a row when it was noticed.
    public var count: Int

    public init(period: Int, count: Int) {
        self.period = period
        self.count = count
    }
}

/// Watches an output, token by token, for loops.
///
/// For every period it knows how many of the last tokens in a row equal the token one period before them. That is exact,
/// takes the same memory however long the output is, and a comparison for each period and token.
public struct LoopDetector: Sendable {
    private static let length = LoopLimits.periodLimit
    /// No token has this number.
    private static let nothing = Int32(-1)

    /// The last tokens, written twice, so that all of them always lie side by side, oldest first, from `oldest` on.
    private var tokens = [Int32](repeating: nothing, count: 2 * length)
    private var oldest = 0
    /// For the period `length - index`, how many of the last tokens in a row repeat.
    private var repeats = [Int32](repeating: 0, count: length)

    public init() {}

    /// Forgets what it saw.
    public mutating func reset() {
        self = LoopDetector()
    }

    /// Takes the next token of the output.
    ///
    /// - Parameters:
    ///   - token: the token.
    ///   - limits: what counts as a loop.
    ///   - span: how many tokens the loop must have.
    /// - Returns: the loop of the shortest period that the token completes or goes on with, if there is one.
    public mutating func consume(_ token: TokenID, limits: LoopLimits, span: Int) -> OutputLoop? {
        let value = Int32(truncatingIfNeeded: token.index)
        var longest: Int32 = 0
        for index in 0..<Self.length {
            let count = tokens[oldest + index] == value ? repeats[index] &+ 1 : 0
            repeats[index] = count
            longest = max(longest, count)
        }
        tokens[oldest] = value
        tokens[oldest + Self.length] = value
        oldest = (oldest + 1) % Self.length
        // No period is a loop with fewer tokens behind its first coming.
        let fewest = max(limits.count - 1, span - limits.periods.upperBound)
        return Int(longest) < fewest ? nil : loop(limits, span: span)
    }

    private func loop(_ limits: LoopLimits, span: Int) -> OutputLoop? {
        for period in limits.periods {
            let count = Int(repeats[Self.length - period])
            if count >= max((limits.count - 1) * period, span - period) {
                return OutputLoop(period: period, count: count / period + 1)
            }
        }
        return nil
    }
}
