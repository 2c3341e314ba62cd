import Dispatch
import Engine
import TestSupport
import Testing
import Tokens

/// Signals when the model that holds it is gone.
private final class EndSignal: Sendable {
    private let ended: DispatchSemaphore

    init(_ ended: DispatchSemaphore) {
        self.ended = ended
    }

    deinit {
        ended.signal()
    }

    func compute(_ rowCount: Int) {}
}

@Suite struct DrainTests {
    @Test func `a drain finishes what runs and refuses what comes`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(willCompute: gate.pass)
        let request = GenerationRequest(prompt: [1, 2, 3], maximumTokens: 10)
        let running = try engine.generate(request)
        await gate.awaitStep()
        async let drained: Void = engine.drain(deadline: .seconds(60))
        var refusal: AdmissionError?
        while refusal == nil {
            do throws(AdmissionError) {
                _ = try engine.generate(request)
                try? await Task.sleep(for: .milliseconds(1))
            } catch {
                refusal = error
            }
        }
        #expect(refusal == .draining)
        gate.open()
        let collected = await Collected(running)
        #expect(collected.finish == .length)
        #expect(collected.tokens.count == 10)
        await drained
        await engine.drain(deadline: .zero)
    }

    @Test func `what is left at the deadline is cancelled`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(willCompute: gate.pass)
        let generation = try engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumTokens: 200))
        await gate.awaitStep()
        async let drained: Void = engine.drain(deadline: .zero)
        try await Waiting.whileTrue { (try? engine.generate(GenerationRequest(prompt: [1], maximumTokens: 1))) != nil }
        gate.open()
        await drained
        #expect(await Collected(generation).finish == .cancelled)
    }

    @Test func `a paused generation does not keep a drain beyond its deadline`() async throws {
        let engine = try makeEngine(.small.changed { $0.unreadTokenLimit = 4 })
        let generation = try engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumTokens: 200))
        try await Waiting.whileTrue { engine.statistics.pausedCount == 0 }
        await engine.drain(deadline: .milliseconds(10))
        #expect(await Collected(generation).finish == .cancelled)
    }

    @Test func `a generation keeps its engine, and the last one dropped ends the model`() async throws {
        let ended = DispatchSemaphore(value: 0)
        do {
            let generation = try makeEngine(willCompute: EndSignal(ended).compute)
                .generate(GenerationRequest(prompt: [1, 2, 3], maximumTokens: 20))
            #expect(await Collected(generation).finish == .length)
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                ended.wait()
                continuation.resume()
            }
        }
    }
}
