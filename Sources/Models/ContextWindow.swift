/// A context in which sequences can run, and how far positions are stretched for it.
///
/// A model has one, or, where YaRN goes by length, several: the more tokens, the larger the factor. A sequence runs in one of
/// them from its first token to its last, because keys that were turned by different angles do not meet.
public struct ContextWindow: Hashable, Sendable {
    /// YaRN's factor; 1 where it stretches nothing.
    public var factor: Double
    /// The most tokens of prompt and output together.
    public var length: Int

    public init(factor: Double = 1, length: Int) {
        self.factor = factor
        self.length = length
    }

    /// The factor as people write it, such as `2` or `2.5`.
    public var factorText: String { Self.text(of: factor) }

    /// A factor as people write it.
    public static func text(of factor: Double) -> String {
        factor == factor.rounded() && abs(factor) < 1e15 ? String(Int(factor)) : "\(factor)"
    }
}

extension [ContextWindow] {
    /// The windows, ascending by length, of a machine or an operator that allows `limit` tokens: none that nothing would use.
    package func within(_ limit: Int) -> [ContextWindow] {
        var windows: [ContextWindow] = []
        for window in self {
            windows.append(ContextWindow(factor: window.factor, length: Swift.min(window.length, limit)))
            if window.length >= limit { break }
        }
        return windows
    }

    /// The place of the smallest that holds so many tokens, and else of the largest; 0 where there is none.
    package func place(holding tokenCount: Int) -> Int {
        firstIndex { $0.length >= tokenCount } ?? Swift.max(0, count - 1)
    }
}
