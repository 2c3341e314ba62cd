public import Compute
public import Models

/// What `ponder bench` is to measure, and how.
public struct BenchmarkOptions: Hashable, Sendable {
    public var promptLengths = [512]
    public var generateCounts = [128]
    public var depths = [0]
    public var batches = [1]
    public var repetitions = 5
    public var threadCount = 1
    /// The most tokens of one step.
    public var stepTokenBudget = 512
    public var cacheFormat = KVCacheFormat.f16
    /// What BF16 weights are multiplied with.
    public var activations = ActivationFormat.f32
    /// What becomes of the weights when they are read.
    public var quantization = Quantization.automatic
    /// Where quantised weights are kept for the next time.
    public var quantizedCache: QuantizedCache?
    /// The best instruction set that may be used.
    public var instructionSet = CPUFeatures.current.instructionSet
    /// How much work the probes of the machine are.
    public var probeEffort = MachineProber.Effort.full

    public init() {}

    /// All combinations: at each depth the prompts, then each number of tokens in each batch.
    public var cases: [BenchmarkCase] {
        depths.flatMap { depth in
            promptLengths.filter { $0 > 0 }.map { BenchmarkCase(.prompt($0), depth: depth) }
                + generateCounts.filter { $0 > 0 }.flatMap { count in
                    batches.map { BenchmarkCase(.generate(count), depth: depth, batch: $0) }
                }
        }
    }
}
