import Sampling
import TestSupport
import Testing
import Tokens

@testable import Engine

@Suite struct TimeLimitTests {
    private func verdict(
        _ limits: TimeLimits, request: Double, first: Double?, tokens: Int
    ) -> TimeLimits.Verdict {
        limits.verdict(
            sinceRequest: .seconds(request), sinceFirstToken: first.map { .seconds($0) }, tokenCount: tokens)
    }

    @Test func `limits count from the request or from the first token`() {
        let limits = TimeLimits(thinking: .seconds(2), writing: .seconds(5), total: .seconds(9))
        #expect(verdict(limits, request: 8.9, first: nil, tokens: 0) == .goOn)
        #expect(verdict(limits, request: 9, first: nil, tokens: 0) == .finish)
        #expect(verdict(limits, request: 5, first: 1.9, tokens: 3) == .goOn)
        #expect(verdict(limits, request: 5, first: 2, tokens: 3) == .endThinking)
        #expect(verdict(limits, request: 8, first: 5, tokens: 3) == .finish)
    }

    @Test func `thinking leaves time for the answer at the pace so far`() {
        let limits = TimeLimits(total: .seconds(20), answerTokens: 50)
        // Ten tokens a second: 50 tokens take five seconds.
        #expect(verdict(limits, request: 14.9, first: 10, tokens: 100) == .goOn)
        #expect(verdict(limits, request: 15.1, first: 10, tokens: 100) == .endThinking)
        // Half that pace needs ten seconds, and no pace gets more than half of the time.
        #expect(verdict(limits, request: 10.1, first: 10, tokens: 50) == .endThinking)
        #expect(verdict(limits, request: 9.9, first: 9, tokens: 5) == .goOn)
        #expect(verdict(TimeLimits(total: .seconds(20)), request: 19, first: 10, tokens: 50) == .goOn)
    }

    @Test func `a request whose time is over before it starts ends without a token`() async throws {
        let engine = try makeEngine()
        let request = GenerationRequest(
            prompt: randomPrompt(9, seed: 1), maximumTokens: 20, timeLimits: TimeLimits(total: .zero))
        let collected = await Collected(try engine.generate(request))
        #expect(collected.finish == .timeLimit)
        #expect(collected.tokens.isEmpty)
        #expect(engine.statistics.usedBlockCount == 0)
    }

    @Test func `limits that are not reached change no token`() async throws {
        let engine = try makeEngine()
        let plain = GenerationRequest(prompt: randomPrompt(9, seed: 1), maximumTokens: 20)
        var timed = plain
        timed.timeLimits = TimeLimits(
            thinking: .seconds(3600), writing: .seconds(3600), total: .seconds(3600), answerTokens: 5)
        #expect(await Collected(try engine.generate(plain)).ids == Collected(try engine.generate(timed)).ids)
    }
}
