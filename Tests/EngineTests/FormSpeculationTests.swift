import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// What the form of an answer lets expect is computed ahead, and changes nothing.
@Suite struct FormSpeculationTests {
    /// Rounds of one free token of 20…29 and three that must come, cut in the expected way or in another.
    private struct Form: TokenConstraint {
        var allowsThinking: Bool { true }
        /// What it claims to expect.
        var isMistaken = false
        private var place = 0
        private var round = 0

        init(isMistaken: Bool = false) {
            self.isMistaken = isMistaken
        }

        private var isOver: Bool { round == 6 }

        func mask() -> TokenMask {
            var mask = TokenMask(count: 64)
            let allowed: [Int]
            switch place {
            case _ where isOver: allowed = [60]
            case 0: allowed = Array(20..<30)
            // Token 44 stands for all that must come.
            case 1: allowed = [41, 44]
            default: allowed = [40 + place]
            }
            for token in allowed {
                mask.insert(token)
            }
            return mask
        }

        func expectedTokens() -> [ExpectedToken] {
            guard place > 0, !isOver else { return [] }
            return isMistaken
                ? [ExpectedToken(31), ExpectedToken(41)] : (place...3).map { ExpectedToken(TokenID(40 + $0)) }
        }

        mutating func accept(_ token: TokenID) {
            if place == 3 || token == 44 {
                place = 0
                round += 1
            } else {
                place += 1
            }
        }
    }

    private func engine(_ speculation: Speculation) throws -> InferenceEngine {
        try makeEngine(
            .small.changed {
                $0.speculation = speculation
                $0.promptLogitRowLimit = 16
            }, script: ScriptedModel.hashed(seed: 5))
    }

    private func request(_ seed: UInt64, isMistaken: Bool = false, thinks: Bool = false) -> GenerationRequest {
        let tokens = OutputGrammarTokens(thinkOpen: 50, thinkClose: 51, ends: [60])
        let output =
            thinks
            ? OutputMachine(tokens: tokens, start: .reasoning, thinkingBudget: 4, stopPhrase: [10, 11])
            : OutputMachine(tokens: tokens)
        return GenerationRequest(
            prompt: randomPrompt(9, seed: seed, vocabularySize: 20), maximumTokens: seed % 4 == 3 ? 9 : 60,
            sampling: SamplingParameters(
                temperature: seed % 2 == 0 ? 0 : 1.2, presencePenalty: seed % 3 == 0 ? 0.4 : 0, seed: seed,
                logProbabilityCount: 2),
            output: output, constraint: Form(isMistaken: isMistaken))
    }

    @Test func `tokens, log-probabilities and ends are those of one token a step`() async throws {
        let plain = try engine(.off)
        for settings in [Speculation.always, Speculation(usesLookup: false, isAdaptive: false), Speculation()] {
            let guessing = try engine(settings)
            for seed in UInt64(0)..<24 {
                for isMistaken in [false, true] {
                    let request = request(seed, isMistaken: isMistaken, thinks: seed % 5 == 0)
                    let expected = await Collected(try plain.generate(request))
                    let found = await Collected(try guessing.generate(request))
                    #expect(found.tokens == expected.tokens)
                    #expect(found.finish == expected.finish)
                    #expect(found.usage.completionTokens == expected.usage.completionTokens)
                }
            }
            #expect(guessing.statistics.usedBlockCount == 0)
        }
    }

    @Test func `what must come is read in the step of the token before it`() async throws {
        let guessing = try engine(Speculation(usesLookup: false, isAdaptive: false))
        let found = await Collected(try guessing.generate(request(2)))
        let expectedCount = found.ids.count { $0.index > 40 && $0.index < 44 }
        #expect(found.finish == .endOfText(60))
        #expect(expectedCount > 0)
        #expect(found.usage.acceptedDraftTokens == expectedCount)
        // A step for the prompt, and one for each free token: those behind it come with it.
        #expect(guessing.statistics.stepCount == 1 + found.ids.count - expectedCount)
    }

    @Test func `a form that is mistaken each time is soon no longer believed`() async throws {
        let guessing = try engine(Speculation(usesLookup: false))
        for seed in UInt64(0)..<8 {
            let found = await Collected(try guessing.generate(request(4 * seed, isMistaken: true)))
            #expect(found.usage.acceptedDraftTokens == 0)
            #expect(found.usage.draftTokens <= 20)
        }
    }
}
