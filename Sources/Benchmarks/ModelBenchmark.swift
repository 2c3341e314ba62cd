public import Checkpoints
internal import Compute
public import Models
internal import Tokens

/// A loaded model, to be measured without an engine around it: forward passes with random tokens, no sampling.
public struct ModelBenchmark: ~Copyable {
    public let plan: MemoryPlan
    private let options: BenchmarkOptions
    private let pool: WorkerPool
    private let prober: MachineProber
    private let model: any CausalLanguageModel
    private let cache: KVCacheStorage
    private let work: ModelWork
    private let blocksPerSequence: Int
    private var batch: TokenBatch
    private var random: UInt64

    /// Loads the model and makes room for the largest of the cases.
    ///
    /// - Throws: `ModelError`; `BenchmarkError` where a case does not fit the model.
    public init(_ checkpoint: Checkpoint, options: BenchmarkOptions) throws {
        let plan = try ModelLoader.describe(checkpoint, quantization: options.quantization)
        let cases = options.cases
        let positionCount = cases.map(\.positionCount).max() ?? 1
        let sequenceCount = cases.map(\.batch).max() ?? 1
        guard positionCount <= plan.shape.contextLength else {
            throw BenchmarkError(
                "\(checkpoint.name): a context of \(plan.shape.contextLength) tokens does not hold \(positionCount)")
        }
        let pool = WorkerPool(threadCount: options.threadCount, features: .limited(to: options.instructionSet))
        let weights = WeightOptions(
            activations: options.activations, quantization: options.quantization,
            quantizedCache: options.quantizedCache)
        let model = try ModelLoader.load(checkpoint, pool: pool, weights: weights)
        model.prepare(rowLimit: max(options.stepTokenBudget, sequenceCount), logitRowLimit: sequenceCount)
        let blockCount = (positionCount + KVLayout.blockLength - 1) / KVLayout.blockLength
        cache = try model.makeCache(
            blockCount: blockCount * sequenceCount, blockLength: KVLayout.blockLength, format: options.cacheFormat)
        blocksPerSequence = blockCount
        self.model = model
        self.pool = pool
        self.plan = plan
        self.options = options
        prober = MachineProber(pool: pool, effort: options.probeEffort)
        work = ModelWork(plan, cacheFormat: options.cacheFormat)
        batch = TokenBatch()
        random = 0x9E37_79B9_7F4A_7C15
    }

    /// Runs a case once to warm up, then as often as the options say, with a probe of the machine before and after.
    ///
    /// - Parameters:
    ///   - benchmarkCase: one of the options' cases.
    ///   - progress: called before each run, with its number from 1.
    /// - Returns: the runs and the probes.
    public mutating func measure(
        _ benchmarkCase: BenchmarkCase, progress: (_ run: Int) -> Void = { _ in }
    ) -> BenchmarkResult {
        fill(benchmarkCase)
        run(warmUp(benchmarkCase))
        let before = prober.probe()
        let visits = model.expertVisitCount
        var seconds: [Double] = []
        for repetition in 0..<options.repetitions {
            progress(repetition + 1)
            let start = ContinuousClock.now
            run(benchmarkCase)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
        }
        let expertBytes =
            Double((model.expertVisitCount - visits) * work.expertByteCount) / Double(max(options.repetitions, 1))
        return BenchmarkResult(
            benchmarkCase: benchmarkCase, seconds: seconds,
            readByteCount: Double(readByteCount(benchmarkCase)) + expertBytes,
            operationCount: Double(operationCount(benchmarkCase)),
            arithmetic: work.arithmetic(activations: options.activations), before: before, after: prober.probe())
    }
}

extension ModelBenchmark {
    /// Puts the depth's tokens of every sequence into the cache.
    private mutating func fill(_ benchmarkCase: BenchmarkCase) {
        for sequence in 0..<benchmarkCase.batch {
            read(sequence, from: 0, to: benchmarkCase.depth, wantsLogits: false)
        }
    }

    private func warmUp(_ benchmarkCase: BenchmarkCase) -> BenchmarkCase {
        var short = benchmarkCase
        if case .generate(let count) = short.work {
            short.work = .generate(min(count, 4))
        }
        return short
    }

    private mutating func run(_ benchmarkCase: BenchmarkCase) {
        switch benchmarkCase.work {
        case .prompt(let count):
            read(0, from: benchmarkCase.depth, to: benchmarkCase.depth + count, wantsLogits: model.shape.hasHead)
        case .generate(let count):
            for step in 0..<count {
                batch.removeAll()
                for sequence in 0..<benchmarkCase.batch {
                    batch.beginSequence(blockTable: table(sequence))
                    batch.append(token: token(), position: benchmarkCase.depth + step, wantsLogits: model.shape.hasHead)
                }
                _ = model.forward(batch, cache: cache)
            }
        }
    }

    /// Reads tokens of one sequence, in steps within the budget; the last token may want logits.
    private mutating func read(_ sequence: Int, from start: Int, to end: Int, wantsLogits: Bool) {
        for first in stride(from: start, to: end, by: options.stepTokenBudget) {
            batch.removeAll()
            batch.beginSequence(blockTable: table(sequence))
            for position in first..<min(first + options.stepTokenBudget, end) {
                batch.append(token: token(), position: position, wantsLogits: wantsLogits && position == end - 1)
            }
            _ = model.forward(batch, cache: cache)
        }
    }

    private func table(_ sequence: Int) -> Range<Int32> {
        Int32(sequence * blocksPerSequence)..<Int32((sequence + 1) * blocksPerSequence)
    }

    private mutating func token() -> TokenID {
        random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return TokenID(Int(random >> 33) % plan.shape.vocabularySize)
    }

    /// A run's multiplications and additions with the layers' weights: of a prompt, nothing is read but the last row.
    private func operationCount(_ benchmarkCase: BenchmarkCase) -> Int {
        let tokenCount = benchmarkCase.tokenCount
        guard case .prompt = benchmarkCase.work else { return tokenCount * work.operationCountPerRow }
        let readCount = model.shape.hasHead ? 1 : 0
        return readCount * work.operationCountPerRow + (tokenCount - readCount) * work.operationCountPerUnreadRow
    }

    /// What a run reads, but for experts.
    private func readByteCount(_ benchmarkCase: BenchmarkCase) -> Int {
        switch benchmarkCase.work {
        case .prompt(let count):
            let steps = (count + options.stepTokenBudget - 1) / options.stepTokenBudget
            let seen = (0..<steps).reduce(0) {
                $0 + benchmarkCase.depth + min(count, ($1 + 1) * options.stepTokenBudget)
            }
            return steps * work.layerByteCount + work.headByteCount + work.cacheByteCount(positions: seen)
        case .generate(let count):
            let seen = (0..<count).reduce(0) { $0 + (benchmarkCase.depth + $1 + 1) * benchmarkCase.batch }
            return count * (work.layerByteCount + work.headByteCount) + work.cacheByteCount(positions: seen)
        }
    }
}

/// Why something cannot be measured: one line.
public struct BenchmarkError: Error, CustomStringConvertible {
    public var description: String

    init(_ description: String) {
        self.description = description
    }
}
