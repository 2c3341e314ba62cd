import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct AdmissionTests {
    private func refusal(_ engine: InferenceEngine, _ request: GenerationRequest) -> AdmissionError? {
        do {
            _ = try engine.generate(request)
            return nil
        } catch {
            return error
        }
    }

    @Test func `what can never run is refused with its numbers`() throws {
        let engine = try makeEngine(.small.changed { $0.contextLength = 20 })
        let prompt = randomPrompt(20, seed: 1)
        #expect(
            refusal(engine, GenerationRequest(prompt: prompt, maximumTokens: 1))
                == .contextLengthExceeded(prompt: 20, limit: 20))
        #expect(refusal(engine, GenerationRequest(prompt: prompt, maximumTokens: 0)) == nil)
        #expect(refusal(engine, GenerationRequest(prompt: [], maximumTokens: 1)) == .emptyPrompt)
        #expect(refusal(engine, GenerationRequest(prompt: [1], maximumTokens: -1)) == .negativeTokenLimit(-1))
        #expect(
            refusal(engine, GenerationRequest(prompt: [64], maximumTokens: 1)) == .tokenOutOfRange(id: 64, limit: 64))
        #expect(
            refusal(engine, GenerationRequest(prompt: [-1], maximumTokens: 1)) == .tokenOutOfRange(id: -1, limit: 64))
        #expect(
            refusal(engine, GenerationRequest(prompt: [1], maximumTokens: 1, promptLogProbabilities: 21))
                == .tooManyLogProbabilities(21, limit: 20))
    }

    @Test func `the context is never longer than the cache or the model`() throws {
        #expect(try makeEngine(.small.changed { $0.cacheSize = .blocks(5) }).contextLength == 20)
        #expect(try makeEngine(.small.changed { $0.contextLength = 9_999 }).contextLength == 256)
        #expect(try makeEngine(.small.changed { $0.cacheSize = .bytes(1 << 26) }).contextLength == 4096)
        #expect(try makeEngine(.small.changed { $0.cacheSize = .bytes(0) }).contextLength == 4)
    }

    @Test func `a full queue refuses, and takes again when there is room`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(
            .small.changed {
                $0.queueLimit = 2
                $0.sequenceLimit = 1
            }, willCompute: gate.pass)
        let request = GenerationRequest(prompt: [1, 2], maximumTokens: 2)
        let running = try engine.generate(request)
        await gate.awaitStep()
        let waiting = [try engine.generate(request), try engine.generate(request)]
        #expect(refusal(engine, request) == .queueFull(limit: 2))
        gate.open()
        #expect(await Collected(running).finish == .length)
        for generation in waiting {
            #expect(await Collected(generation).finish == .length)
        }
        #expect(await Collected(try engine.generate(request)).finish == .length)
    }

    @Test func `a model that cannot be made fails the start`() {
        struct NoModel: Error {}
        #expect(throws: NoModel.self) {
            try InferenceEngine(configuration: .small, tokenBytes: NumberBytes()) { throw NoModel() }
        }
    }
}
