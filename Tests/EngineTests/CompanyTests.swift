import Engine
import Sampling
import TestSupport
import Testing
import Tokens

/// The same request gives the same tokens and the same log-probabilities, whatever else happens.
@Suite struct CompanyTests {
    private static let request = GenerationRequest(
        prompt: randomPrompt(37, seed: 1), maximumTokens: 20,
        sampling: SamplingParameters(
            temperature: 0.9, topP: 0.95, topK: 30, presencePenalty: 0.3, seed: 11, logProbabilityCount: 3))

    private func other(_ number: Int) -> GenerationRequest {
        GenerationRequest(
            prompt: randomPrompt(5 + number * 3, seed: UInt64(100 + number)), maximumTokens: 8 + number,
            sampling: SamplingParameters(seed: UInt64(number)))
    }

    private func alone(_ configuration: EngineConfiguration = .small) async throws -> [SampledToken] {
        let engine = try makeEngine(configuration)
        let collected = await Collected(try engine.generate(Self.request))
        #expect(collected.finish == .length)
        #expect(collected.tokens.count == 20)
        return collected.tokens
    }

    @Test func `in a batch of sixteen`() async throws {
        let expected = try await alone()
        let engine = try makeEngine(.small.changed { $0.cacheSize = .blocks(400) })
        let others = try (0..<15).map { try engine.generate(other($0)) }
        let collected = await Collected(try engine.generate(Self.request))
        #expect(collected.tokens == expected)
        for generation in others {
            #expect(await Collected(generation).finish == .length)
        }
    }

    @Test func `with its prompt cut at every size`() async throws {
        let expected = try await alone()
        for budget in 2...40 {
            let tokens = try await alone(
                .small.changed {
                    $0.stepTokenBudget = budget
                    $0.sequenceLimit = 1
                })
            #expect(tokens == expected, "a budget of \(budget)")
        }
    }

    @Test func `with blocks of every length`() async throws {
        let expected = try await alone()
        for length in [1, 2, 3, 7, 32, 64] {
            let tokens = try await alone(.small.changed { $0.blockLength = length })
            #expect(tokens == expected, "blocks of \(length)")
        }
    }

    @Test func `on a warm cache, also of generated tokens`() async throws {
        let expected = try await alone()
        let engine = try makeEngine()
        _ = await Collected(try engine.generate(Self.request))
        let warm = await Collected(try engine.generate(Self.request))
        #expect(warm.tokens == expected)
        #expect(warm.usage.cachedTokens == 36)
        var longer = Self.request
        longer.prompt += expected.map(\.id)
        longer.maximumTokens = 5
        let continued = await Collected(try engine.generate(longer))
        #expect(continued.usage.cachedTokens == 56)
        longer.usesPrefixCache = false
        let cold = await Collected(try engine.generate(longer))
        #expect(cold.usage.cachedTokens == 0)
        #expect(cold.tokens == continued.tokens)
    }

    @Test func `when it is preempted again and again`() async throws {
        let expected = try await alone()
        let engine = try makeEngine(.small.changed { $0.cacheSize = .blocks(24) })
        let olders = try (0..<4).map { number in
            try engine.generate(
                GenerationRequest(
                    prompt: randomPrompt(8, seed: UInt64(number)), maximumTokens: 60,
                    sampling: SamplingParameters(seed: UInt64(number))))
        }
        let collected = await Collected(try engine.generate(Self.request))
        #expect(collected.tokens == expected)
        for generation in olders {
            let older = await Collected(generation)
            #expect(older.finish == .length)
            #expect(older.tokens.count == 60)
        }
        #expect(engine.statistics.preemptionCount > 0)
    }

    @Test func `a seed gives the same draws, another one others`() async throws {
        let first = try await alone()
        let second = try await alone()
        #expect(first == second)
        var reseeded = Self.request
        reseeded.sampling.seed = 12
        let engine = try makeEngine()
        #expect(await Collected(try engine.generate(reseeded)).ids != first.map(\.id))
    }

    @Test func `requests with different salts share nothing`() async throws {
        let engine = try makeEngine()
        _ = await Collected(try engine.generate(Self.request))
        var salted = Self.request
        salted.cacheSalt = 1
        let collected = await Collected(try engine.generate(salted))
        #expect(collected.usage.cachedTokens == 0)
        #expect(collected.tokens == (try await alone()))
    }
}
