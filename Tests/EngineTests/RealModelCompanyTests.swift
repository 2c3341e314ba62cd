import Checkpoints
import Compute
import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// The law of the company on real forward passes, dense and mixture of experts: the same request gives the same tokens
/// and the same bits of every log-probability alone, in a batch, cut at every size, on a warm cache, with any threads.
@Suite struct RealModelCompanyTests {
    struct Setup: CustomTestStringConvertible, Sendable {
        var model: String
        var threadCount: Int
        var cacheFormat = KVCacheFormat.f16

        var testDescription: String { "\(model) with \(threadCount) threads and a cache of \(cacheFormat)" }
    }

    static let setups = [
        Setup(model: "dense-tied", threadCount: 1), Setup(model: "dense-tied", threadCount: 2),
        Setup(model: "moe", threadCount: 1), Setup(model: "moe", threadCount: 2),
        Setup(model: "dense-tied", threadCount: 2, cacheFormat: .q8_0),
        Setup(model: "moe", threadCount: 2, cacheFormat: .q8_0),
    ]
    static let promptLength = 70

    private static let request = GenerationRequest(
        prompt: randomPrompt(promptLength, seed: 5, vocabularySize: 1500), maximumTokens: 10,
        sampling: SamplingParameters(temperature: 0.8, topP: 0.95, topK: 50, seed: 3, logProbabilityCount: 5))

    private func makeEngine(
        _ setup: Setup, stepTokenBudget: Int = 512, sequenceLimit: Int = 16, blockCount: Int = 96
    ) throws -> InferenceEngine {
        let path = Fixtures.path("models/\(setup.model)/hf")
        let threadCount = setup.threadCount
        return try InferenceEngine(
            configuration: EngineConfiguration(
                stepTokenBudget: stepTokenBudget, cacheSize: .blocks(blockCount),
                kvCacheFormat: setup.cacheFormat, sequenceLimit: sequenceLimit),
            tokenBytes: NumberBytes()
        ) {
            EngineModels(
                model: try ModelLoader.load(Checkpoint.open(path), pool: WorkerPool(threadCount: threadCount)))
        }
    }

    private func collect(_ engine: InferenceEngine, _ request: GenerationRequest = request) async throws -> Collected {
        let collected = await Collected(try engine.generate(request))
        #expect(collected.finish == .length)
        return collected
    }

    /// The request alone, on one thread.
    private func alone(_ setup: Setup) async throws -> [SampledToken] {
        var setup = setup
        setup.threadCount = 1
        let tokens = try await collect(makeEngine(setup)).tokens
        #expect(tokens.count == 10)
        #expect(Set(tokens.map(\.id)).count > 3)
        return tokens
    }

    @Test(arguments: setups) func `alone, on a warm cache, and in a batch of sixteen`(_ setup: Setup) async throws {
        let expected = try await alone(setup)
        let engine = try makeEngine(setup)
        #expect(try await collect(engine).tokens == expected)
        let warm = try await collect(engine)
        #expect(warm.tokens == expected)
        #expect(warm.usage.cachedTokens == 64)
        let others = try (0..<15).map { number in
            try engine.generate(
                GenerationRequest(
                    prompt: randomPrompt(3 + number * 7, seed: UInt64(number), vocabularySize: 1500),
                    maximumTokens: 6 + number, sampling: SamplingParameters(seed: UInt64(number))))
        }
        var cold = Self.request
        cold.usesPrefixCache = false
        #expect(try await collect(engine, cold).tokens == expected)
        for generation in others {
            #expect(await Collected(generation).finish == .length)
        }
    }

    @Test(arguments: setups.filter { $0.threadCount == 2 })
    func `with its prompt cut at every size`(_ setup: Setup) async throws {
        let expected = try await alone(setup)
        for budget in 2...Self.promptLength {
            var setup = setup
            setup.threadCount = 1 + budget % 2
            let engine = try makeEngine(setup, stepTokenBudget: budget, sequenceLimit: 1, blockCount: 4)
            #expect(try await collect(engine).tokens == expected, "\(setup), a budget of \(budget)")
        }
    }

    @Test(arguments: setups) func `when it is preempted`(_ setup: Setup) async throws {
        let expected = try await alone(setup)
        let engine = try makeEngine(setup, stepTokenBudget: 64, blockCount: 6)
        let olders = try (0..<2).map { number in
            try engine.generate(
                GenerationRequest(
                    prompt: randomPrompt(30, seed: UInt64(number), vocabularySize: 1500), maximumTokens: 40))
        }
        #expect(try await collect(engine).tokens == expected)
        for generation in olders {
            #expect(await Collected(generation).tokens.count == 40)
        }
    }

    @Test(arguments: setups) func `its prompt's log-probabilities are those that it would be drawn with`(
        _ setup: Setup
    ) async throws {
        let expected = try await alone(setup)
        let engine = try makeEngine(setup, stepTokenBudget: 23)
        var echo = Self.request
        echo.prompt += expected.map(\.id)
        echo.maximumTokens = 0
        echo.promptLogProbabilities = 5
        let found = try await collect(engine, echo).promptLogProbabilities
        #expect(found.suffix(10).map(\.logProbability) == expected.map(\.logProbability))
        #expect(found.suffix(10).map(\.alternatives) == expected.map(\.alternatives))
    }
}
