import Engine
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct CancellationTests {
    /// A step computes a third of the long prompt; one sequence runs at a time.
    private static let configuration = EngineConfiguration.small.changed {
        $0.stepTokenBudget = 10
        $0.sequenceLimit = 1
    }
    private static let request = GenerationRequest(prompt: randomPrompt(30, seed: 3), maximumTokens: 20)

    /// Waits until the engine thread has settled: nothing runs and nothing waits.
    private func expectIdle(_ engine: InferenceEngine) async {
        await engine.drain(deadline: .seconds(60))
        #expect(engine.statistics.runningCount == 0)
        #expect(engine.statistics.waitingCount == 0)
        #expect(engine.statistics.usedBlockCount == 0)
    }

    @Test(arguments: 0..<8) func `within a step, in prefill and in decode`(_ stepCount: Int) async throws {
        let gate = StepGate()
        let engine = try makeEngine(Self.configuration, willCompute: gate.pass)
        let generation = try engine.generate(Self.request)
        for _ in 0..<stepCount {
            await gate.awaitStep()
            gate.permit()
        }
        await gate.awaitStep()
        generation.cancel()
        gate.permit()
        let collected = await Collected(generation)
        #expect(collected.finish == .cancelled)
        #expect(collected.tokens.count <= max(0, stepCount - 1))
        #expect(engine.statistics.stepCount == stepCount + 1)
        await expectIdle(engine)
    }

    @Test func `while it waits in the queue`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(Self.configuration, willCompute: gate.pass)
        let first = try engine.generate(Self.request)
        await gate.awaitStep()
        let second = try engine.generate(Self.request)
        second.cancel()
        gate.permit()
        let collected = await Collected(second)
        #expect(collected.finish == .cancelled)
        #expect(collected.tokens.isEmpty)
        gate.open()
        #expect(await Collected(first).finish == .length)
        await expectIdle(engine)
    }

    @Test func `when the generation is dropped`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(Self.configuration, willCompute: gate.pass)
        var generation: Generation? = try engine.generate(Self.request)
        await gate.awaitStep()
        #expect(generation != nil)
        generation = nil
        gate.permit()
        let next = try engine.generate(GenerationRequest(prompt: [1], maximumTokens: 1))
        gate.open()
        #expect(await Collected(next).finish == .length)
        #expect(engine.statistics.cancelledCount == 1)
        await expectIdle(engine)
    }

    @Test func `when the reader's task is cancelled`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(Self.configuration, willCompute: gate.pass)
        let generation = try engine.generate(Self.request)
        let reader = Task { await Collected(generation) }
        await gate.awaitStep()
        reader.cancel()
        gate.open()
        let collected = await reader.value
        #expect(collected.finish == .cancelled || collected.finish == .length)
        await expectIdle(engine)
    }

    @Test func `after the end it changes nothing`() async throws {
        let engine = try makeEngine(Self.configuration)
        let generation = try engine.generate(Self.request)
        #expect(await Collected(generation).finish == .length)
        generation.cancel()
        let iterator = generation.makeAsyncIterator()
        #expect(await iterator.next() == nil)
        #expect(await Collected(try engine.generate(Self.request)).finish == .length)
        #expect(engine.statistics.cancelledCount == 0)
    }
}
