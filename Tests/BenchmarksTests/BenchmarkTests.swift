import Checkpoints
import Compute
import JSON
import Models
import TestSupport
import Testing

@testable import Benchmarks

/// What is counted and how it is printed; how fast anything is decides no test.
@Suite struct BenchmarkTests {
    private static func options() -> BenchmarkOptions {
        var options = BenchmarkOptions()
        options.promptLengths = [8]
        options.generateCounts = [3]
        options.depths = [0, 40]
        options.batches = [1, 2]
        options.repetitions = 3
        options.probeEffort = .token
        return options
    }

    @Test func `cases are all combinations, with names like their peers'`() {
        let names = Self.options().cases.map(\.name)
        #expect(names == ["pp8", "tg3", "tg3 x 2", "pp8 @ d40", "tg3 @ d40", "tg3 x 2 @ d40"])
        var none = BenchmarkOptions()
        none.promptLengths = [0]
        #expect(none.cases == [BenchmarkCase(.generate(128))])
    }

    @Test(arguments: ["dense-tied/gguf/dense-tied-Q8_0.gguf", "moe/gguf/moe-Q8_0.gguf", "dense-untied/hf"])
    func `every case runs, and reads what its plan says`(model: String) throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/\(model)"))
        let options = Self.options()
        var benchmark = try ModelBenchmark(checkpoint, options: options)
        let plan = benchmark.plan
        for test in options.cases {
            let result = benchmark.measure(test)
            #expect(result.seconds.count == 3)
            #expect(result.seconds.allSatisfy { $0 > 0 })
            let rates = result.tokensPerSecond
            #expect(rates.lowest <= rates.median && rates.median <= rates.highest)
            #expect(result.arithmetic == (model.contains("Q8_0") ? .int8 : .f32))
            // A step reads all weights at most, and the cache of its sequences.
            let steps = if case .generate(let count) = test.work { count } else { 1 }
            let cache = (test.depth + 8) * test.batch * plan.cacheByteCountPerToken(.f16)
            #expect(result.readByteCount <= Double(steps * (plan.weightByteCount + cache)))
            #expect(result.readByteCount > Double(steps) * Double(plan.weightByteCount) / 8)
        }
    }

    @Test func `experts count where they are visited`() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/gguf/moe-Q8_0.gguf"))
        var options = Self.options()
        options.depths = [0]
        var benchmark = try ModelBenchmark(checkpoint, options: options)
        let plan = benchmark.plan
        let all = try #require(plan.lines.first { $0.weightClass == .experts })
        let fixed = ModelWork(plan, cacheFormat: .f16)
        let one = benchmark.measure(BenchmarkCase(.generate(3)))
        let others = Double(3 * (fixed.layerByteCount + fixed.headByteCount) + fixed.cacheByteCount(positions: 6))
        // One row visits 4 of each layer's 16 experts.
        #expect(one.readByteCount - others == Double(3 * all.byteCount / 4))
    }

    @Test func `a prompt counts what is calculated of it`() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/hf"))
        var benchmark = try ModelBenchmark(checkpoint, options: Self.options())
        let last = benchmark.plan.shape.layerCount - 1
        func operations(rows: Int, readRows: Int) -> Int {
            checkpoint.tensors.filter { $0.name.contains("layers.") && $0.shape.count == 2 }.reduce(0) { sum, tensor in
                let isSkipped =
                    tensor.name.contains("layers.\(last).") && !tensor.name.contains("k_proj")
                    && !tensor.name.contains("v_proj")
                return sum + 2 * tensor.shape.reduce(1, *) * (isSkipped ? readRows : rows)
            }
        }
        let prompt = benchmark.measure(BenchmarkCase(.prompt(8)))
        #expect(prompt.operationCount == Double(operations(rows: 8, readRows: 1)))
        let reply = benchmark.measure(BenchmarkCase(.generate(3), batch: 2))
        #expect(reply.operationCount == Double(operations(rows: 6, readRows: 6)))
    }

    @Test func `BF16 weights that meet rounded activations are measured against products of BF16`() throws {
        let plan = try ModelLoader.describe(Checkpoint.open(Fixtures.path("models/dense-untied/hf")))
        let work = ModelWork(plan, cacheFormat: .f16)
        #expect(work.arithmetic(activations: .bf16) == .bf16)
        #expect(work.arithmetic(activations: .f32) == .f32)
    }

    @Test func `a context too short is refused`() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/gguf/moe-Q8_0.gguf"))
        var options = BenchmarkOptions()
        options.depths = [1 << 20]
        #expect(throws: BenchmarkError.self) { _ = try ModelBenchmark(checkpoint, options: options) }
    }

    @Test func `reports agree with each other in every form`() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/gguf/moe-Q8_0.gguf"))
        var options = Self.options()
        options.depths = [0]
        var benchmark = try ModelBenchmark(checkpoint, options: options)
        var report = BenchmarkReport(options: options)
        for test in options.cases { report.add(benchmark.measure(test), of: benchmark.plan) }
        let json = try #require(try JSONValue(parsing: report.text(.json)).arrayValue)
        #expect(json.map { $0["test"]?.stringValue } == ["pp8", "tg3", "tg3 x 2"])
        #expect(json[2]["batch"] == 2)
        let csv = report.text(.csv).split(separator: "\n")
        #expect(csv.count == 4)
        #expect(csv[0].split(separator: ",").map(String.init) == Array(try #require(json[0].objectValue).keys))
        let table = report.text(.table).split(separator: "\n")
        #expect(Set(table.prefix(4).map(\.count)).count <= 2, "columns are aligned")
        let markdown = report.text(.markdown).split(separator: "\n").filter { $0.hasPrefix("|") }
        #expect(markdown.count == 5)
        #expect(Set(markdown.map { $0.split(separator: "|").count }).count == 1)
    }

    @Test func `a probe finds a machine that does something`() {
        for set in CPUFeatures.supportedSets {
            let probe = MachineProber(pool: WorkerPool(threadCount: 1, features: .limited(to: set)), effort: .token)
                .probe()
            #expect(probe.readBytesPerSecond > 0)
            #expect(probe.integerOperationsPerSecond > 0)
            #expect(probe.floatOperationsPerSecond > 0)
            #expect(probe.bfloatOperationsPerSecond > 0)
        }
    }
}
