import JSON
import Serving
import Testing
import Tokens

@Suite struct GenerationDefaultsTests {
    private func defaults(_ configuration: JSONObject) -> GenerationDefaults {
        GenerationDefaults(advice: SamplingAdvice(generationConfiguration: configuration), endTokens: [1])
    }

    @Test func qwensValuesHoldForThinkingAndItsOtherAdviceForDirectReplies() {
        let defaults = defaults(["temperature": 0.6, "top_p": 0.95, "top_k": 20, "do_sample": true])
        #expect(defaults.thinking == .qwenThinking)
        #expect(defaults.direct == .qwenDirect)
        #expect(defaults.direct.temperature == 0.7)
        #expect(defaults.direct.topP == 0.8)
        #expect(defaults.direct.topK == 20)
    }

    @Test func withoutAdviceQwensValuesHold() {
        #expect(defaults([:]).thinking == .qwenThinking)
        #expect(defaults([:]).direct == .qwenDirect)
    }

    @Test func otherValuesHoldForBothModes() {
        let defaults = defaults(["temperature": 0.3, "repetition_penalty": 1.05])
        #expect(defaults.thinking.temperature == 0.3)
        #expect(defaults.thinking.repetitionPenalty == 1.05)
        #expect(defaults.thinking.topP == 0.95)
        #expect(defaults.direct == defaults.thinking)
    }

    @Test func anInstructModelsValuesAreItsOwn() {
        let defaults = defaults(["temperature": 0.7, "top_p": 0.8, "top_k": 20])
        #expect(defaults.thinking == .qwenDirect)
        #expect(defaults.direct == .qwenDirect)
    }

    @Test func noSamplingMeansTheLikeliestToken() {
        #expect(defaults(["do_sample": false, "temperature": 0.6]).thinking.temperature == 0)
    }

    @Test func nonsenseIsPassedOver() {
        let defaults = defaults([
            "temperature": "warm", "top_p": 7, "top_k": -5, "min_p": -1, "repetition_penalty": 0,
        ])
        #expect(defaults.thinking == .qwenThinking)
    }
}
