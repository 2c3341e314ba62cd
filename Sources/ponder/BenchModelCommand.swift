import ArgumentParser
import Benchmarks
import Checkpoints
import Compute
import Foundation
import ModelHub
import Models

/// `ponder bench MODEL`: how fast models are on this machine, and how near its limits.
struct BenchModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Measure how fast models read prompts and write tokens.",
        discussion: """
            Each test runs once to warm up, then --repetitions times; the middle run counts. pp512 reads a prompt of 512 \
            tokens, tg128 writes 128 tokens, "x 4" for four sequences side by side, "@ d4096" behind 4096 tokens in the \
            cache. What the machine can read and calculate at most is measured beside each test.

            EXAMPLES:
              ponder bench Qwen3-0.6B-Q8_0.gguf
              ponder bench Qwen3-0.6B-Q8_0.gguf --prompt 512,4096 --generate 128 --depth 0,4096 --batch 1,4,16
              ponder bench a.gguf b.gguf --format json > results.json
            """
    )

    @Argument(
        help: "GGUF files, checkpoint folders or names of models that are here. Without any, the built-in model.",
        completion: .file())
    var models: [String] = []

    @Option(help: ArgumentHelp("Lengths of prompts to read; 0 for none.", valueName: "tokens,…"))
    var prompt = NumberList([512])

    @Option(help: ArgumentHelp("Numbers of tokens to write; 0 for none.", valueName: "tokens,…"))
    var generate = NumberList([128])

    @Option(help: ArgumentHelp("Tokens in the cache before each test.", valueName: "tokens,…"))
    var depth = NumberList([0])

    @Option(help: ArgumentHelp("Sequences that are written side by side.", valueName: "count,…"))
    var batch = NumberList([1])

    @Option(help: ArgumentHelp("Runs of each test.", valueName: "count"))
    var repetitions = 5

    @Option(help: ArgumentHelp("Threads that compute. (default: one for each core)", valueName: "count"))
    var threads: Int?

    @Option(help: ArgumentHelp("The most tokens of one step.", valueName: "tokens"))
    var maxBatchTokens = 512

    @Option(
        help: ArgumentHelp("How the KV cache stores numbers: f16, bf16, q8_0 or f32.", valueName: "type"),
        completion: .list(["f16", "bf16", "q8_0", "f32"]))
    var kvCacheType = "f16"

    @Option(
        help: ArgumentHelp(
            "What BF16 weights are multiplied with: f32, bf16, or auto, what suits the processor.", valueName: "type"),
        completion: .list(["auto", "f32", "bf16"]))
    var activationType = "auto"

    @Option(
        help: ArgumentHelp(
            "Quantise float weights as they are read: q8_0, q6_k, q4_k_m or none. (default: auto)", valueName: "recipe")
    )
    var quantize = Quantization.automatic.rawValue

    @Option(
        help: ArgumentHelp(
            "Use no better than portable, avx2, avx2VNNI, avx512, avx512BF16, neon or neonI8MM.", valueName: "set"))
    var instructionSet = "\(CPUFeatures.current.instructionSet)"

    @Option(help: ArgumentHelp("table, markdown, json or csv.", valueName: "form"))
    var format = "table"

    func run() throws {
        let options = try options()
        guard let format = BenchmarkReport.Format(rawValue: format) else {
            throw SettingsError(place: "--format", value: format, expectation: "table, markdown, json or csv")
        }
        let locator = ModelLocator(environment: ProcessInfo.processInfo.environment)
        var report = BenchmarkReport(options: options)
        for path in models.isEmpty ? [nil] : models.map(Optional.some) {
            let located = try path.map { text throws(HubError) in try locator.locate(text).path }
            let line = ProgressLine()
            line.show("\(path ?? ModelSource.builtInName): loading")
            var benchmark = try ModelBenchmark(ModelSource(path: located).open(), options: options)
            for test in options.cases {
                let result = benchmark.measure(test) { run in
                    line.show("\(path ?? ModelSource.builtInName): \(test.name), run \(run) of \(options.repetitions)")
                }
                report.add(result, of: benchmark.plan)
            }
            line.clear()
        }
        print(report.text(format), terminator: "")
    }

    private func options() throws(SettingsError) -> BenchmarkOptions {
        var options = BenchmarkOptions()
        options.promptLengths = try prompt.checked("--prompt", in: 0...1_000_000)
        options.generateCounts = try generate.checked("--generate", in: 0...1_000_000)
        options.depths = try depth.checked("--depth", in: 0...1_000_000)
        options.batches = try batch.checked("--batch", in: 1...1_024)
        options.repetitions = try WholeNumber.checked(repetitions, "--repetitions", in: 1...1_000)
        options.threadCount = try WholeNumber.checked(
            threads ?? MachineLimits.current().coreCount, "--threads", in: 1...1_024)
        options.stepTokenBudget = try WholeNumber.checked(maxBatchTokens, "--max-batch-tokens", in: 1...65_536)
        guard let cacheFormat = KVCacheFormat.allCases.first(where: { "\($0)" == kvCacheType }) else {
            throw SettingsError(
                place: "--kv-cache-type", value: kvCacheType, expectation: Setting.kvCacheType.expectation)
        }
        options.cacheFormat = cacheFormat
        guard let quantization = Quantization(name: quantize) else {
            throw SettingsError(place: "--quantize", value: quantize, expectation: Setting.quantize.expectation)
        }
        options.quantization = quantization
        options.quantizedCache = QuantizedPlace.automatic.cache(for: quantization)
        let sets = CPUFeatures.supportedSets
        guard let set = sets.first(where: { "\($0)" == instructionSet }) else {
            let names = sets.map { "\($0)" }.joined(separator: ", ")
            throw SettingsError(
                place: "--instruction-set", value: instructionSet, expectation: "one that this machine has: \(names)")
        }
        options.instructionSet = set
        if activationType == "auto" {
            options.activations = .suited(to: CPUFeatures.limited(to: set))
        } else if let activations = ActivationFormat.allCases.first(where: { "\($0)" == activationType }) {
            options.activations = activations
        } else {
            throw SettingsError(
                place: "--activation-type", value: activationType, expectation: Setting.activationType.expectation)
        }
        return options
    }
}
