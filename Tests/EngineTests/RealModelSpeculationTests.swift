import Checkpoints
import Compute
import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// Guessing ahead changes no bit of what real forward passes give, dense and mixture of experts.
@Suite struct RealModelSpeculationTests {
    static let models = ["dense-tied", "moe"]
    static let setups: [(model: String, cacheFormat: KVCacheFormat)] = [
        ("dense-tied", .f16), ("moe", .f16), ("dense-tied", .q8_0), ("moe", .q8_0),
    ]

    private func engine(
        _ model: String, draft: String? = nil, _ speculation: Speculation, blockCount: Int = 160,
        cacheFormat: KVCacheFormat = .f16
    ) throws -> InferenceEngine {
        let path = Fixtures.path("models/\(model)/hf")
        let draftPath = draft.map { Fixtures.path("models/\($0)/hf") }
        return try InferenceEngine(
            configuration: EngineConfiguration(
                stepTokenBudget: 64, cacheSize: .blocks(blockCount), kvCacheFormat: cacheFormat, sequenceLimit: 16,
                speculation: speculation),
            tokenBytes: NumberBytes()
        ) {
            let pool = WorkerPool(threadCount: 2)
            return EngineModels(
                model: try ModelLoader.load(Checkpoint.open(path), pool: pool),
                draft: try draftPath.map { try ModelLoader.load(Checkpoint.open($0), pool: pool) })
        }
    }

    /// A prompt that repeats itself, so that the lookup finds something.
    private func request(_ number: Int, temperature: Float) -> GenerationRequest {
        let part = randomPrompt(11 + number, seed: UInt64(number), vocabularySize: 40)
        return GenerationRequest(
            prompt: part + part + Array(part.prefix(5)), maximumTokens: 24 + 3 * (number % 4),
            sampling: SamplingParameters(
                temperature: temperature, topP: 0.9, presencePenalty: number % 3 == 0 ? 0.2 : 0, seed: UInt64(number),
                logProbabilityCount: 2))
    }

    private func collect(_ engine: InferenceEngine, _ count: Int) async throws -> [Collected] {
        let generations = try (0..<count).map { number in
            try engine.generate(request(number, temperature: number % 2 == 0 ? 0 : 0.7))
        }
        var found: [Collected] = []
        for generation in generations {
            found.append(await Collected(generation))
        }
        return found
    }

    @Test(arguments: setups)
    func `sixteen at once, by lookup and by a draft`(model: String, cacheFormat: KVCacheFormat) async throws {
        let expected = try await collect(engine(model, .off, cacheFormat: cacheFormat), 16)
        for draft in [nil, "dense-tied"] {
            for blockCount in [160, 24] {
                let guessing = try engine(
                    model, draft: draft, .always, blockCount: blockCount, cacheFormat: cacheFormat)
                let found = try await collect(guessing, 16)
                for (one, other) in zip(found, expected) {
                    #expect(one.tokens == other.tokens)
                    #expect(one.finish == other.finish)
                }
                #expect(guessing.statistics.draftTokenCount > 0 || draft == nil)
            }
        }
    }

    @Test(arguments: models) func `one at a time, with the model as its own draft`(_ model: String) async throws {
        let plain = try engine(model, .off)
        let guessing = try engine(
            model, draft: model, Speculation(usesLookup: false, proposalLimit: 5, isAdaptive: false))
        for number in 0..<4 {
            let request = request(number, temperature: number % 2 == 0 ? 0 : 0.9)
            let expected = await Collected(try plain.generate(request))
            let found = await Collected(try guessing.generate(request))
            #expect(found.tokens == expected.tokens)
            #expect(found.usage.acceptedDraftTokens == found.usage.draftTokens)
            #expect(found.usage.draftTokens >= 18)
        }
    }

    @Test(arguments: models) func `as the engine decides by itself`(_ model: String) async throws {
        let expected = try await collect(engine(model, .off), 6)
        let found = try await collect(engine(model, draft: "dense-tied", Speculation()), 6)
        #expect(found.map(\.tokens) == expected.map(\.tokens))
    }
}
