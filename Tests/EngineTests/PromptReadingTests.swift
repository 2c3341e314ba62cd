import Checkpoints
import Compute
import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// Requests that read the end of a prompt and generate nothing.
@Suite struct PromptReadingTests {
    private func read(
        _ engine: InferenceEngine, _ prompt: [TokenID], _ reading: PromptReading = .state
    ) async throws -> Collected {
        await Collected(try engine.generate(GenerationRequest(prompt: prompt, reading: reading)))
    }

    @Test func `a state is the one behind the whole prompt`() async throws {
        let engine = try makeEngine()
        for count in [1, 3, 4, 5, 24, 25, 60] {
            let prompt = randomPrompt(count, seed: UInt64(count))
            let read = try await read(engine, prompt)
            #expect(read.reading == ScriptedModel.state(prompt))
            #expect(read.tokens.isEmpty)
            #expect(read.finish == .length)
            #expect(read.usage.promptTokens == count)
            #expect(read.usage.completionTokens == 0)
        }
    }

    @Test func `logits are those of the tokens asked for, in their order`() async throws {
        let engine = try makeEngine()
        let prompt = randomPrompt(9, seed: 3)
        var logits = [Float](repeating: 0, count: 64)
        ScriptedModel.hashed(seed: 1)(prompt, &logits)
        #expect(try await read(engine, prompt, .logits([7, 3, 63])).reading == [logits[7], logits[3], logits[63]])
    }

    @Test func `readings among chats are those alone, and the chats' tokens too`() async throws {
        let engine = try makeEngine()
        let chat = GenerationRequest(prompt: randomPrompt(11, seed: 1), maximumTokens: 20)
        let alone = await Collected(try engine.generate(chat)).ids
        let other = try makeEngine()
        let chats = try (0..<3).map { _ in try other.generate(chat) }
        let readings = try (0..<12).map { number in
            try other.generate(
                GenerationRequest(
                    prompt: randomPrompt(5 + number, seed: UInt64(number)),
                    reading: number % 2 == 0 ? .state : .logits([1, 2])))
        }
        for (number, generation) in readings.enumerated() {
            let prompt = randomPrompt(5 + number, seed: UInt64(number))
            let expected = try await read(engine, prompt, number % 2 == 0 ? .state : .logits([1, 2])).reading
            #expect(await Collected(generation).reading == expected)
        }
        for generation in chats {
            #expect(await Collected(generation).ids == alone)
        }
    }

    @Test func `what prompts of a group begin with is computed once`() async throws {
        let engine = try makeEngine()
        let shared = randomPrompt(10, seed: 1)
        let group = PromptGroup(sharedCount: shared.count)
        let generations = try (0..<5).map { number in
            try engine.generate(
                GenerationRequest(
                    prompt: shared + randomPrompt(3, seed: UInt64(number + 2)), reading: .state, promptGroup: group))
        }
        var cached: [Int] = []
        for generation in generations {
            cached.append(await Collected(generation).usage.cachedTokens)
        }
        // Whole blocks of four are shared.
        #expect(cached == [0, 8, 8, 8, 8])
    }

    @Test func `without a head only states are read`() async throws {
        let engine = try InferenceEngine(configuration: .small, tokenBytes: NumberBytes()) {
            EngineModels(model: ScriptedModel(hasHead: false))
        }
        let prompt = randomPrompt(6, seed: 1)
        #expect(try await read(engine, prompt).reading == ScriptedModel.state(prompt))
        #expect(throws: AdmissionError.headMissing) {
            try engine.generate(GenerationRequest(prompt: prompt, reading: .logits([1])))
        }
        #expect(throws: AdmissionError.headMissing) {
            try engine.generate(GenerationRequest(prompt: prompt, maximumTokens: 1))
        }
    }

    @Test func `logits of unknown tokens are refused`() throws {
        let engine = try makeEngine()
        #expect(throws: AdmissionError.tokenOutOfRange(id: 64, limit: 64)) {
            try engine.generate(GenerationRequest(prompt: [1], reading: .logits([64])))
        }
    }

    @Test func `a prompt may fill the context to its last token`() async throws {
        let engine = try makeEngine(.small.changed { $0.contextLength = 32 })
        #expect(try await read(engine, randomPrompt(32, seed: 1)).reading.count == 8)
        #expect(throws: AdmissionError.contextLengthExceeded(prompt: 33, limit: 32)) {
            try engine.generate(GenerationRequest(prompt: randomPrompt(33, seed: 1), reading: .state))
        }
    }

    @Test func `a reading that is cancelled gives nothing`() async throws {
        let gate = StepGate()
        let engine = try makeEngine(willCompute: gate.pass)
        let generation = try engine.generate(
            GenerationRequest(prompt: randomPrompt(60, seed: 1), reading: .state))
        await gate.awaitStep()
        generation.cancel()
        gate.open()
        let collected = await Collected(generation)
        #expect(collected.finish == .cancelled)
        #expect(collected.reading.isEmpty)
    }

    /// Real forward passes: the same bits alone, on a warm cache, cut at any size and in company.
    @Test(arguments: ["dense-tied", "moe"]) func `a real model's readings have the same bits in any company`(
        model: String
    ) async throws {
        let path = Fixtures.path("models/\(model)/hf")
        func engine(_ budget: Int, threads: Int) throws -> InferenceEngine {
            try InferenceEngine(
                configuration: EngineConfiguration(
                    stepTokenBudget: budget, cacheSize: .blocks(96), sequenceLimit: 8),
                tokenBytes: NumberBytes()
            ) {
                EngineModels(
                    model: try ModelLoader.load(Checkpoint.open(path), pool: WorkerPool(threadCount: threads)))
            }
        }
        let prompt = randomPrompt(70, seed: 5, vocabularySize: 1500)
        let readings: [PromptReading] = [.state, .logits([5, 7])]
        let first = try engine(512, threads: 1)
        var expected: [[Float]] = []
        for reading in readings {
            expected.append(try await read(first, prompt, reading).reading)
        }
        #expect(Set(expected[0]).count > 10)
        for (index, reading) in readings.enumerated() {
            #expect(try await read(first, prompt, reading).reading == expected[index])
        }
        for budget in [9, 16, 33, 512] {
            let other = try engine(budget, threads: 2)
            let company = try (0..<12).map { number in
                try other.generate(
                    GenerationRequest(
                        prompt: randomPrompt(3 + number * 5, seed: UInt64(number), vocabularySize: 1500),
                        maximumTokens: 8))
            }
            for (index, reading) in readings.enumerated() {
                #expect(try await read(other, prompt, reading).reading == expected[index], "a budget of \(budget)")
            }
            company.forEach { $0.cancel() }
        }
    }
}
