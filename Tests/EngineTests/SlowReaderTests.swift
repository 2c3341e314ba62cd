import Engine
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct SlowReaderTests {
    private static let configuration = EngineConfiguration.small.changed { $0.unreadTokenLimit = 10 }

    /// Waits for a state that the engine reaches by itself.
    private func wait(_ engine: InferenceEngine, until isReached: (EngineStatistics) -> Bool) async throws {
        try await Waiting.whileTrue { !isReached(engine.statistics) }
    }

    @Test func `an unread generation pauses, and goes on when it is read`() async throws {
        let engine = try makeEngine(Self.configuration)
        let request = GenerationRequest(prompt: randomPrompt(9, seed: 2), maximumTokens: 60)
        let generation = try engine.generate(request)
        try await wait(engine) { $0.pausedCount == 1 }
        #expect(engine.statistics.generatedTokenCount == 11)
        let collected = await Collected(generation)
        #expect(collected.finish == .length)
        #expect(collected.tokens.count == 60)
        let quick = await Collected(try makeEngine().generate(request))
        #expect(quick.tokens == collected.tokens)
    }

    @Test func `others go on beside a paused one, and take its blocks if they need them`() async throws {
        let engine = try makeEngine(Self.configuration.changed { $0.cacheSize = .blocks(20) })
        let slow = try engine.generate(GenerationRequest(prompt: randomPrompt(40, seed: 2), maximumTokens: 30))
        try await wait(engine) { $0.pausedCount == 1 }
        let other = try engine.generate(GenerationRequest(prompt: randomPrompt(50, seed: 3), maximumTokens: 9))
        #expect(await Collected(other).finish == .length)
        #expect(engine.statistics.preemptionCount == 1)
        let collected = await Collected(slow)
        #expect(collected.finish == .length)
        #expect(collected.tokens.count == 30)
        let reference = try makeEngine()
        let alone = await Collected(
            try reference.generate(GenerationRequest(prompt: randomPrompt(40, seed: 2), maximumTokens: 30)))
        #expect(alone.tokens == collected.tokens)
    }

    @Test func `a paused generation can be cancelled`() async throws {
        let engine = try makeEngine(Self.configuration)
        let generation = try engine.generate(GenerationRequest(prompt: [1], maximumTokens: 60))
        try await wait(engine) { $0.pausedCount == 1 }
        generation.cancel()
        let collected = await Collected(generation)
        #expect(collected.tokens.count >= 11)
        #expect(collected.finish == .cancelled || collected.finish == .length)
        try await wait(engine) { $0.usedBlockCount == 0 }
    }
}
