/// How often values fell into which range, in memory of a fixed size: to observe a value allocates nothing.
public struct Histogram: Hashable, Sendable {
    /// What the values are, which says where the ranges end.
    public enum Scale: UInt8, Hashable, Sendable {
        /// Seconds, from a millisecond to twenty minutes.
        case seconds
        /// Tokens, from one to a quarter of a million.
        case tokens

        /// The largest value of each range but the last, which has no end.
        public var bounds: [Double] {
            switch self {
            case .seconds: Self.secondBounds
            case .tokens: Self.tokenBounds
            }
        }

        private static let secondBounds = [
            0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 0.75, 1, 2.5, 5, 10, 20, 40, 80, 160,
            320, 640, 1_200,
        ]
        private static let tokenBounds: [Double] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 250_000,
        ]
    }

    public let scale: Scale
    /// The sum of all values.
    public private(set) var sum = 0.0
    /// How many values there were.
    public private(set) var count = 0
    private var counts = InlineArray<24, Int>(repeating: 0)

    public init(_ scale: Scale) {
        self.scale = scale
    }

    /// Takes in a value.
    public mutating func observe(_ value: Double) {
        let bounds = scale.bounds
        var index = 0
        while index < bounds.count, value > bounds[index] {
            index += 1
        }
        counts[index] += 1
        count += 1
        sum += value
    }

    /// Takes in a time.
    public mutating func observe(_ time: Duration) {
        observe(time / .seconds(1))
    }

    /// Takes in the values of another histogram of the same scale.
    public mutating func add(_ other: Histogram) {
        for index in counts.indices {
            counts[index] += other.counts[index]
        }
        count += other.count
        sum += other.sum
    }

    /// For each bound, how many values were at most as large.
    public var cumulativeCounts: [Int] {
        var total = 0
        return scale.bounds.indices.map { index in
            total += counts[index]
            return total
        }
    }

    public static func == (left: Histogram, right: Histogram) -> Bool {
        left.scale == right.scale && left.sum == right.sum && left.count == right.count
            && left.cumulativeCounts == right.cumulativeCounts
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(scale)
        hasher.combine(sum)
        hasher.combine(count)
    }
}
