/// A metric with all its samples, as Prometheus sees it.
public struct MetricFamily: Hashable, Sendable {
    /// What becomes of the values over time.
    public enum Kind: String, Hashable, Sendable {
        /// Only grows, from the start of the process.
        case counter
        /// Goes up and down.
        case gauge
        case histogram
    }

    /// The full name, of counters with `_total`.
    public let name: String
    public let kind: Kind
    /// What it counts, in one line.
    public let help: String
    public var samples: [MetricSample] = []

    public init(_ name: String, _ kind: Kind, _ help: String, _ samples: [MetricSample] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.samples = samples
    }
}

/// A value of a metric for one choice of labels.
public struct MetricSample: Hashable, Sendable {
    public enum Value: Hashable, Sendable {
        case number(Double)
        case histogram(Histogram)
    }

    public struct Label: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public let labels: [Label]
    public let value: Value

    public init(_ value: Value, _ labels: [Label] = []) {
        self.labels = labels
        self.value = value
    }

    public init(_ number: Int, _ labels: [Label] = []) {
        self.init(.number(Double(number)), labels)
    }
}
