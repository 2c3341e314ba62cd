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
        // Ten tokens a second: 50 tokens take five seconds, and a tenth more is kept.
        #expect(verdict(limits, request: 14.4, first: 10, tokens: 100) == .goOn)
        #expect(verdict(limits, request: 14.6, first: 10, tokens: 100) == .endThinking)
        // Half that pace needs ten seconds, and no pace gets more than half of the time.
        #expect(verdict(limits, request: 10.1, first: 10, tokens: 50) == .endThinking)
        #expect(verdict(limits, request: 9.9, first: 9, tokens: 5) == .goOn)
        #expect(verdict(TimeLimits(total: .seconds(20)), request: 19, first: 10, tokens: 50) == .goOn)
    }

    /// A reply on a clock of its own: it thinks until it is told to answer, and its pace halves on the way.
    private struct TimedReply {
        let total: Double
        let phraseLength = 24
        let reserve: Int
        let answerLength: Int
        let firstToken: Double
        let tokenTime: Double
        let halving: Double

        init(_ random: inout SeededGenerator) {
            total = .random(in: 4...60, using: &random)
            reserve = .random(in: 16...256, using: &random)
            answerLength = max(1, Int(Double(reserve) * .random(in: 0.3...1, using: &random)))
            firstToken = total * .random(in: 0.01...0.2, using: &random)
            halving = total * .random(in: 0.25...0.75, using: &random)
            // At half its pace, too, the answer fits into the half of the time that thinking leaves it.
            tokenTime = total / 4 / Double(phraseLength + reserve) / .random(in: 1...8, using: &random)
        }

        /// How many tokens of the answer came in time.
        func answerCount(_ random: inout SeededGenerator) -> Int {
            let limits = TimeLimits(total: .seconds(total), answerTokens: reserve + phraseLength)
            var pace = TokenPace()
            var (time, count, answerStart) = (firstToken, 1, Int?.none)
            while true {
                let verdict = limits.verdict(
                    sinceRequest: .seconds(time), sinceFirstToken: .seconds(time - firstToken), tokenCount: count,
                    pace: pace)
                let written = answerStart.map { max(0, count - $0 - phraseLength) } ?? 0
                if verdict == .finish || written == answerLength { return written }
                if verdict == .endThinking, answerStart == nil { answerStart = count }
                let step = tokenTime * (time >= halving ? 2 : 1) * .random(in: 0.7...1.3, using: &random)
                pace.add(.seconds(step))
                (time, count) = (time + step, count + 1)
            }
        }
    }

    @Test func `an answer is complete in time though the pace halves on the way`() {
        var random = SeededGenerator(seed: 4)
        var completeCount = 0
        for _ in 0..<200 {
            let reply = TimedReply(&random)
            let count = reply.answerCount(&random)
            #expect(count > 0)
            completeCount += count == reply.answerLength ? 1 : 0
        }
        #expect(completeCount >= 190)
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
