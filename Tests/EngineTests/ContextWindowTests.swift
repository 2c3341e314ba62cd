import Checkpoints
import Compute
import Foundation
import Models
import Sampling
import TestSupport
import Testing
import Tokens

@testable import Engine

/// Sequences of several context windows in one engine: each keeps its bits, and none reads what another window left.
@Suite struct ContextWindowTests {
    /// Of 64, 128 and 256 tokens.
    private func engine(
        _ speculation: Speculation = .off, draft: Bool = false, blockCount: Int = 96
    ) throws -> InferenceEngine {
        let path = Fixtures.path("models/dense-yarn/hf")
        return try InferenceEngine(
            configuration: EngineConfiguration(
                stepTokenBudget: 64, cacheSize: .blocks(blockCount), sequenceLimit: 16, speculation: speculation),
            tokenBytes: NumberBytes()
        ) {
            let pool = WorkerPool(threadCount: 2)
            let scaling = RopeScaling(method: .byLength)
            return EngineModels(
                model: try ModelLoader.load(Checkpoint.open(path), pool: pool, scaling: scaling),
                draft: draft ? try ModelLoader.load(Checkpoint.open(path), pool: pool, scaling: scaling) : nil)
        }
    }

    private func request(_ window: Int, seed: UInt64 = 1, promptCount: Int = 40, temperature: Float = 0.8)
        -> GenerationRequest
    {
        let part = randomPrompt(promptCount / 2, seed: seed, vocabularySize: 1400)
        var request = GenerationRequest(
            prompt: part + part, maximumTokens: 20,
            sampling: SamplingParameters(temperature: temperature, seed: seed, logProbabilityCount: 2))
        request.window = window
        return request
    }

    @Test func `the same prompt in each window, alone and together`() async throws {
        var alone: [Collected] = []
        for window in 0..<3 {
            alone.append(await Collected(try engine().generate(request(window))))
        }
        #expect(alone[0].tokens != alone[1].tokens && alone[1].tokens != alone[2].tokens)
        let engine = try engine()
        for order in [[0, 1, 2], [2, 1, 0, 0, 2, 1]] {
            let generations = try order.map { try engine.generate(request($0)) }
            for (window, generation) in zip(order, generations) {
                #expect(await Collected(generation).tokens == alone[window].tokens, "window \(window)")
            }
        }
    }

    @Test func `the prefix cache has nothing for another window, and says what it has elsewhere`() async throws {
        let engine = try engine()
        var expected: [Collected] = []
        for window in 0..<3 {
            let cold = await Collected(try self.engine().generate(request(window)))
            let found = await Collected(try engine.generate(request(window)))
            #expect(found.tokens == cold.tokens)
            #expect(found.usage.cachedTokens == 0)
            #expect(found.usage.cachedElsewhereTokens == (window == 0 ? 0 : 32))
            expected.append(cold)
        }
        for window in 0..<3 {
            let warm = await Collected(try engine.generate(request(window)))
            #expect(warm.tokens == expected[window].tokens)
            #expect(warm.usage.cachedTokens == 32)
            #expect(warm.usage.cachedElsewhereTokens == 0)
        }
    }

    @Test func `guesses of a lookup and of a draft change nothing`() async throws {
        func all(_ engine: InferenceEngine) async throws -> [Collected] {
            let generations = try (0..<9).map { number in
                try engine.generate(
                    request(number % 3, seed: UInt64(number), temperature: number % 2 == 0 ? 0 : 0.7))
            }
            var found: [Collected] = []
            for generation in generations { found.append(await Collected(generation)) }
            return found
        }
        let expected = try await all(engine())
        for hasDraft in [false, true] {
            let guessing = try engine(.always, draft: hasDraft, blockCount: 160)
            #expect(try await all(guessing).map(\.tokens) == expected.map(\.tokens))
            #expect(guessing.statistics.draftTokenCount > 0)
        }
    }

    @Test func `a draft guesses in the same window, and so is always right about itself`() async throws {
        let guessing = try engine(Speculation(usesLookup: false, proposalLimit: 4, isAdaptive: false), draft: true)
        for window in 0..<3 {
            let found = await Collected(try guessing.generate(request(window, seed: 5)))
            #expect(found.usage.acceptedDraftTokens == found.usage.draftTokens)
            #expect(found.usage.draftTokens > 10)
        }
    }

    @Test func `a sequence ends where its window does`() async throws {
        let engine = try engine()
        #expect(engine.contextLength == 256)
        #expect(engine.windows.map(\.length) == [64, 128, 256])
        for (window, length) in [64, 128, 256].enumerated() {
            var request = request(window)
            request.maximumTokens = 1_000
            request.sampling.ignoresEnd = true
            #expect(await Collected(try engine.generate(request)).usage.completionTokens == length - 40)
            request.prompt = randomPrompt(length, seed: 3)
            #expect(throws: AdmissionError.contextLengthExceeded(prompt: length, limit: length)) {
                try engine.generate(request)
            }
        }
        #expect(throws: AdmissionError.windowMissing(3, count: 3)) { try engine.generate(request(3)) }
        #expect(throws: AdmissionError.windowMissing(-1, count: 3)) { try engine.generate(request(-1)) }
    }

    @Test func `a smaller cache or context leaves out the windows that nothing would use`() {
        let shape = ModelShape(
            layerCount: 1, hiddenSize: 8, headCount: 1, keyValueHeadCount: 1, headDimension: 8, vocabularySize: 8,
            contextLength: 256,
            windows: [.init(factor: 1, length: 64), .init(factor: 2, length: 128), .init(factor: 4, length: 256)])
        func windows(_ context: Int?, blocks: Int) -> [Int] {
            let configuration = EngineConfiguration(cacheSize: .blocks(blocks), contextLength: context)
            return EngineLimits(configuration, shape: shape).windows.map(\.length)
        }
        #expect(windows(nil, blocks: 8) == [64, 128, 256])
        #expect(windows(nil, blocks: 3) == [64, 96])
        #expect(windows(64, blocks: 8) == [64])
        #expect(windows(65, blocks: 8) == [64, 65])
        #expect(windows(9_999, blocks: 1) == [32])
    }

    @Test func `a snapshot keeps the windows apart`() async throws {
        let path = NSTemporaryDirectory() + "ponder-windows-\(UUID().uuidString).bin"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let first = try engine()
        let cold = await Collected(try first.generate(request(1)))
        _ = try await first.perform(.save(path: path, model: "m"))
        let second = try engine()
        _ = try await second.perform(.restore(path: path, model: "m"))
        let other = await Collected(try second.generate(request(0)))
        #expect(other.usage.cachedTokens == 0)
        #expect(other.usage.cachedElsewhereTokens == 32)
        let warm = await Collected(try second.generate(request(1)))
        #expect(warm.usage.cachedTokens == 32)
        #expect(warm.tokens == cold.tokens)
    }

    @Test func `prompts of a group in other windows are not waited for`() async throws {
        let engine = try engine()
        let group = PromptGroup(sharedCount: 40)
        let generations = try [0, 1, 1, 2, 0].map { window in
            var request = request(window)
            request.promptGroup = group
            return try engine.generate(request)
        }
        for (window, generation) in zip([0, 1, 1, 2, 0], generations) {
            let alone = await Collected(try self.engine().generate(request(window)))
            #expect(await Collected(generation).tokens == alone.tokens)
        }
    }
}
