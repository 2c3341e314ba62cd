import Engine
import Foundation
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct PromptLogProbabilityTests {
    private static let prompt = randomPrompt(30, seed: 8)

    /// What the scripted model's logits say, computed plainly.
    private func expected() -> [Double?] {
        var logits = Array(repeating: Float(0), count: 64)
        let script = ScriptedModel.hashed(seed: 1)
        return Self.prompt.indices.map { position in
            guard position > 0 else { return nil }
            script(Array(Self.prompt[..<position]), &logits)
            let normalizer = log(logits.reduce(0.0) { $0 + exp(Double($1)) })
            return Double(logits[Self.prompt[position].index]) - normalizer
        }
    }

    private func expectRight(_ collected: Collected, alternatives: Int) {
        #expect(collected.promptLogProbabilities.map(\.id) == Self.prompt)
        for (found, expected) in zip(collected.promptLogProbabilities, expected()) {
            #expect((found.logProbability == nil) == (expected == nil))
            #expect(abs(Double(found.logProbability ?? 0) - (expected ?? 0)) < 1e-5)
            #expect(found.alternatives.count == (expected == nil ? 0 : alternatives))
        }
    }

    @Test func `every prompt token has one, however few rows a step may spend on them`() async throws {
        for limit in [1, 3, 64] {
            let engine = try makeEngine(.small.changed { $0.promptLogitRowLimit = limit })
            let collected = await Collected(
                try engine.generate(
                    GenerationRequest(prompt: Self.prompt, maximumTokens: 4, promptLogProbabilities: 2)))
            expectRight(collected, alternatives: 2)
            #expect(collected.tokens.count == 4)
        }
    }

    @Test func `a warm cache hides none of them`() async throws {
        let engine = try makeEngine()
        let request = GenerationRequest(prompt: Self.prompt, maximumTokens: 0, promptLogProbabilities: 0)
        expectRight(await Collected(try engine.generate(request)), alternatives: 0)
        let warm = await Collected(try engine.generate(request))
        expectRight(warm, alternatives: 0)
        #expect(warm.usage.cachedTokens == 0)
    }

    @Test func `a preemption repeats none of them`() async throws {
        let engine = try makeEngine(
            .small.changed {
                $0.cacheSize = .blocks(16)
                $0.promptLogitRowLimit = 2
            })
        // On a busy machine the older one may be done before the other arrives.
        for _ in 0..<20 where engine.statistics.preemptionCount == 0 {
            let older = try engine.generate(GenerationRequest(prompt: randomPrompt(4, seed: 1), maximumTokens: 50))
            let collected = await Collected(
                try engine.generate(
                    GenerationRequest(prompt: Self.prompt, maximumTokens: 20, promptLogProbabilities: 1)))
            expectRight(collected, alternatives: 1)
            #expect(collected.tokens.count == 20)
            #expect(await Collected(older).tokens.count == 50)
        }
        #expect(engine.statistics.preemptionCount > 0)
    }
}
