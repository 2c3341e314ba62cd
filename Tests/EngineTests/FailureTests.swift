import Engine
import Models
import Synchronization
import TestSupport
import Testing
import Tokens

@Suite struct FailureTests {
    /// Turns on when the model's weights are gone.
    private final class Damage: Sendable {
        let isThere = Atomic<Bool>(false)
        var value: Bool { isThere.load(ordering: .sequentiallyConsistent) }
        func happen() { isThere.store(true, ordering: .sequentiallyConsistent) }
    }

    @Test func `a model whose weights are gone ends its replies and takes no more`() async throws {
        let damage = Damage()
        let engine = try InferenceEngine(configuration: .small, tokenBytes: NumberBytes()) {
            EngineModels(model: ScriptedModel(isDamaged: { damage.value }))
        }
        let request = GenerationRequest(prompt: [1, 2, 3], maximumTokens: 4_000)
        let whole = await Collected(try engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumTokens: 5)))
        #expect(whole.ids.count == 5 && engine.failure == nil)
        let running = [try engine.generate(request), try engine.generate(request)]
        damage.happen()
        for generation in running {
            let collected = await Collected(generation)
            guard case .failed(let message) = collected.finish else {
                Issue.record("\(String(describing: collected.finish))")
                continue
            }
            #expect(message.contains("can no longer be read"))
            // What was drawn came of good steps.
            #expect(collected.ids.prefix(5) == whole.ids.prefix(collected.ids.count))
        }
        let reason = await engine.waitForEnd()
        #expect(reason?.contains("can no longer be read") == true)
        #expect(throws: AdmissionError.failed(reason: reason ?? "")) { try engine.generate(request) }
    }

    @Test func `an engine that is drained has not failed`() async throws {
        let engine = try makeEngine()
        await engine.drain(deadline: .zero)
        #expect(await engine.waitForEnd() == nil)
    }
}
