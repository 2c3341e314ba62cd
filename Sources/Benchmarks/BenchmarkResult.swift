public import Compute

/// What the runs of one case came to, and what the machine could have done meanwhile.
public struct BenchmarkResult: Hashable, Sendable {
    public var benchmarkCase: BenchmarkCase
    /// The seconds of each run.
    public var seconds: [Double]
    /// Bytes that a run reads from memory at least: weights once a step, each expert only where it is visited, and the
    /// cache of every sequence.
    public var readByteCount: Double
    /// Multiplications and additions of a run with weights, the head's left out.
    public var operationCount: Double
    /// What is multiplied in those.
    public var arithmetic: Arithmetic
    public var before: MachineProbe
    public var after: MachineProbe

    /// The middle, the slowest and the fastest run.
    public var tokensPerSecond: (median: Double, lowest: Double, highest: Double) {
        let rates = seconds.map { Double(benchmarkCase.tokenCount) / $0 }.sorted()
        guard let lowest = rates.first, let highest = rates.last else { return (0, 0, 0) }
        let middle = rates.count / 2
        let median = rates.count % 2 == 1 ? rates[middle] : (rates[middle - 1] + rates[middle]) / 2
        return (median, lowest, highest)
    }

    /// Bytes read in a second, in the middle run.
    public var readRate: Double { readByteCount / medianSeconds }
    /// Operations in a second, in the middle run.
    public var operationRate: Double { operationCount / medianSeconds }
    /// The part of the machine's read rate that was used.
    public var readShare: Double { readRate / readLimit }
    /// The part of the machine's arithmetic that was used.
    public var operationShare: Double { operationRate / operationLimit }

    /// What the machine can read in a second: the mean of both probes.
    public var readLimit: Double { (before.readBytesPerSecond + after.readBytesPerSecond) / 2 }
    /// What the machine can calculate in a second: the mean of both probes.
    public var operationLimit: Double {
        (before.operationsPerSecond(arithmetic) + after.operationsPerSecond(arithmetic)) / 2
    }

    /// Whether both probes agree within a tenth, so that the shares mean something.
    public var isSteady: Bool {
        Self.agree(before.readBytesPerSecond, after.readBytesPerSecond)
            && Self.agree(before.operationsPerSecond(arithmetic), after.operationsPerSecond(arithmetic))
    }

    private var medianSeconds: Double {
        let rate = tokensPerSecond.median
        return rate > 0 ? Double(benchmarkCase.tokenCount) / rate : .infinity
    }

    private static func agree(_ first: Double, _ second: Double) -> Bool {
        abs(first - second) <= 0.1 * max(first, second)
    }
}
