import Sampling
import TestSupport
import Testing
import Tokens

@testable import Engine

@Suite struct PromptGroupTests {
    private func request(_ prompt: [TokenID], choice: UInt32, group: UInt64?) -> GenerationRequest {
        GenerationRequest(
            prompt: prompt, maximumTokens: 12, sampling: SamplingParameters(seed: 5, choice: choice),
            promptGroup: group.map { PromptGroup(id: $0, sharedCount: prompt.count) }
        )
    }

    @Test func `a group's prompt is computed once and its tokens are those of requests alone`() async throws {
        let prompt = randomPrompt(30, seed: 3)
        var alone: [[TokenID]] = []
        for choice in 0..<4 {
            let engine = try makeEngine()
            alone.append(
                await Collected(try engine.generate(request(prompt, choice: UInt32(choice), group: nil))).ids)
        }
        #expect(Set(alone).count == 4)
        let engine = try makeEngine()
        let generations = try (0..<4).map { try engine.generate(request(prompt, choice: UInt32($0), group: 9)) }
        for (choice, generation) in generations.enumerated() {
            #expect(await Collected(generation).ids == alone[choice])
        }
        // 28 of the prompt's 30 tokens fill blocks of four, which the other three take over.
        #expect(engine.statistics.prefillTokenCount <= 30 + 3 * 2)
    }

    @Test func `when the first of a group is cancelled the next computes the prompt`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(willCompute: gate.pass)
        let prompt = randomPrompt(60, seed: 4)
        let first = try engine.generate(request(prompt, choice: 0, group: 7))
        let second = try engine.generate(request(prompt, choice: 1, group: 7))
        await gate.awaitStep()
        first.cancel()
        gate.open()
        #expect(await Collected(first).finish == .cancelled)
        #expect(await Collected(second).tokens.count == 12)
    }
}
