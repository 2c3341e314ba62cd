import Engine
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// Guessing ahead changes no token, no log-probability and no reason to finish, whatever else happens.
@Suite struct SpeculationTests {
    /// How tokens are guessed.
    enum Kind: String, CaseIterable, Sendable {
        case lookup, draft, both
    }

    /// Logits that depend on the last two tokens only, so that outputs repeat themselves and lookups come true at times.
    private static func looping(_ seed: UInt64) -> ScriptedModel.Script {
        let hashed = ScriptedModel.hashed(seed: seed)
        return { history, logits in
            hashed(Array(history.suffix(2)).map { TokenID($0.index % 7) }, &logits)
        }
    }

    private func engine(
        _ kind: Kind?, _ configuration: EngineConfiguration = .small, draftSeed: UInt64 = 3,
        willCompute: (@Sendable (Int) -> Void)? = nil
    ) throws -> InferenceEngine {
        var configuration = configuration
        configuration.speculation = .off
        if let kind {
            configuration.speculation = .always
            configuration.speculation.usesLookup = kind != .draft
        }
        return try InferenceEngine(configuration: configuration, tokenBytes: NumberBytes()) {
            let model = ScriptedModel(willCompute: willCompute, script: Self.looping(3))
            let hasDraft = kind == .draft || kind == .both
            return EngineModels(model: model, draft: hasDraft ? ScriptedModel(script: Self.looping(draftSeed)) : nil)
        }
    }

    /// Requests of every kind, from a seed.
    static func request(_ seed: UInt64) -> GenerationRequest {
        var generator = SeededGenerator(seed: seed)
        var sampling = SamplingParameters(
            temperature: [0, 0.3, 1].randomElement(using: &generator) ?? 0,
            topP: Float.random(in: 0.5...1, using: &generator), topK: [0, 5, 40].randomElement(using: &generator) ?? 0,
            seed: seed)
        if Bool.random(using: &generator) {
            sampling.presencePenalty = 0.4
            sampling.repetitionPenalty = 1.1
        }
        if Bool.random(using: &generator) {
            sampling.logProbabilityCount = Int.random(in: 0...4, using: &generator)
        }
        if Bool.random(using: &generator) {
            sampling.logitBias = [5: 2, 9: -100]
        }
        sampling.minimumTokens = Int.random(in: 0..<6, using: &generator)
        var stops = StopConditions()
        if Int.random(in: 0..<3, using: &generator) == 0 {
            stops.strings = ["3\(Int.random(in: 0..<10, using: &generator)) 1"]
        }
        let grammar = OutputGrammarTokens(thinkOpen: 50, thinkClose: 51, ends: [60])
        let output =
            Bool.random(using: &generator)
            ? OutputMachine(tokens: grammar)
            : OutputMachine(
                tokens: grammar, start: .reasoning, thinkingBudget: Int.random(in: 0..<12, using: &generator),
                stopPhrase: [10, 11, 12, 13], closesThinkingAtEnd: true)
        let length = Int.random(in: 1...30, using: &generator)
        return GenerationRequest(
            prompt: randomPrompt(length, seed: seed % 5, vocabularySize: 20),
            maximumTokens: Int.random(in: 0...60, using: &generator), sampling: sampling, stops: stops, output: output,
            promptLogProbabilities: Int.random(in: 0..<4, using: &generator) == 0 ? 2 : nil,
            usesPrefixCache: Bool.random(using: &generator))
    }

    private func expectSame(_ found: Collected, _ expected: Collected, _ comment: Comment) {
        #expect(found.tokens == expected.tokens, comment)
        #expect(found.promptLogProbabilities == expected.promptLogProbabilities, comment)
        #expect(found.finish == expected.finish, comment)
        #expect(found.usage.completionTokens == expected.usage.completionTokens, comment)
        #expect(found.usage.reasoningTokens == expected.usage.reasoningTokens, comment)
        #expect(found.usage.reasoningEnd == expected.usage.reasoningEnd, comment)
    }

    private func collectAll(_ engine: InferenceEngine, _ seeds: [UInt64]) async throws -> [Collected] {
        let generations = try seeds.map { try engine.generate(Self.request($0)) }
        var found: [Collected] = []
        for generation in generations {
            found.append(await Collected(generation))
        }
        return found
    }

    @Test(arguments: Kind.allCases) func `one at a time, requests of every kind`(_ kind: Kind) async throws {
        // So large that nothing cached is ever given up.
        let configuration = EngineConfiguration.small.changed { $0.cacheSize = .blocks(4000) }
        let plain = try engine(nil, configuration)
        let guessing = try engine(kind, configuration)
        for seed in UInt64(0)..<100 {
            let expected = await Collected(try plain.generate(Self.request(seed)))
            let found = await Collected(try guessing.generate(Self.request(seed)))
            expectSame(found, expected, "\(kind), seed \(seed)")
            #expect(found.usage.cachedTokens == expected.usage.cachedTokens)
        }
        #expect(guessing.statistics.acceptedDraftTokenCount > 100)
        #expect(guessing.statistics.draftTokenCount > guessing.statistics.acceptedDraftTokenCount)
        #expect(guessing.statistics.generatedTokenCount == plain.statistics.generatedTokenCount)
        #expect(guessing.statistics.stepCount < plain.statistics.stepCount)
        #expect(guessing.statistics.usedBlockCount == 0)
    }

    @Test(arguments: Kind.allCases) func `in batches of sixteen, with blocks so short that some are preempted`(
        _ kind: Kind
    ) async throws {
        let seeds = Array(UInt64(200)..<216)
        for (blocks, budget) in [(400, 64), (30, 24), (24, 17)] {
            let plain = try engine(nil, .small.changed { $0.cacheSize = .blocks(400) })
            let expected = try await collectAll(plain, seeds)
            let guessing = try engine(
                kind,
                .small.changed {
                    $0.cacheSize = .blocks(blocks)
                    $0.stepTokenBudget = budget
                    $0.promptLogitRowLimit = 40
                })
            let found = try await collectAll(guessing, seeds)
            for (index, seed) in seeds.enumerated() {
                expectSame(found[index], expected[index], "\(kind), \(blocks) blocks, seed \(seed)")
            }
            #expect(guessing.statistics.usedBlockCount == 0)
        }
    }

    @Test(arguments: Kind.allCases) func `to the end of the context and of the token limit`(_ kind: Kind) async throws {
        for context in 40..<48 {
            let configuration = EngineConfiguration.small.changed { $0.contextLength = context }
            let plain = try engine(nil, configuration)
            let guessing = try engine(kind, configuration)
            for limit in [1, 2, 3, 7, 100] {
                let request = GenerationRequest(
                    prompt: randomPrompt(30, seed: 4), maximumTokens: limit, sampling: .greedy)
                expectSame(
                    await Collected(try guessing.generate(request)), await Collected(try plain.generate(request)),
                    "\(kind), context \(context), limit \(limit)")
            }
        }
    }

    @Test(arguments: Kind.allCases) func `with a reader who is slow`(_ kind: Kind) async throws {
        let slow = EngineConfiguration.small.changed { $0.unreadTokenLimit = 10 }
        let request = GenerationRequest(prompt: randomPrompt(9, seed: 2), maximumTokens: 60, sampling: .greedy)
        let expected = await Collected(try engine(nil).generate(request))
        let guessing = try engine(kind, slow)
        let generation = try guessing.generate(request)
        try await Waiting.whileTrue { guessing.statistics.pausedCount == 0 }
        #expect(guessing.statistics.generatedTokenCount == 11)
        expectSame(await Collected(generation), expected, "\(kind)")
    }

    @Test func `what must come next is not waited for`() async throws {
        let phrase = (0..<5).map { TokenID(20 + $0) }
        let output = OutputMachine(
            tokens: OutputGrammarTokens(thinkOpen: 50, thinkClose: 51, ends: [60]), start: .reasoning,
            thinkingBudget: 0, stopPhrase: phrase)
        let request = GenerationRequest(
            prompt: [1, 2, 3], maximumTokens: 6, sampling: .greedy, output: output)
        let guessing = try engine(.lookup, .small.changed { $0.promptLogitRowLimit = 16 })
        let found = await Collected(try guessing.generate(request))
        #expect(found.ids == phrase + [51])
        #expect(guessing.statistics.stepCount <= 2)
    }

    @Test func `a draft that thinks alike is right at any temperature`() async throws {
        let configuration = EngineConfiguration.small.changed { $0.promptLogitRowLimit = 16 }
        let guessing = try engine(.draft, configuration)
        let request = GenerationRequest(
            prompt: randomPrompt(50, seed: 9), maximumTokens: 70,
            sampling: SamplingParameters(temperature: 1, presencePenalty: 0.5, seed: 8))
        let found = await Collected(try guessing.generate(request))
        #expect(found.usage.draftTokens == found.usage.acceptedDraftTokens)
        #expect(found.usage.draftTokens >= 55)
        let stranger = try engine(.draft, configuration, draftSeed: 99)
        let other = await Collected(try stranger.generate(request))
        expectSame(other, found, "a draft that thinks otherwise")
        #expect(other.usage.acceptedDraftTokens < other.usage.draftTokens)
    }

    @Test func `cancelling amid guesses frees everything`() async throws {
        let gate = StepGate()
        let guessing = try engine(.both, willCompute: gate.pass)
        let generation = try guessing.generate(
            GenerationRequest(prompt: randomPrompt(9, seed: 2), maximumTokens: 100, sampling: .greedy))
        for _ in 0..<4 {
            await gate.awaitStep()
            gate.permit()
        }
        generation.cancel()
        gate.open()
        #expect(await Collected(generation).finish == .cancelled)
        #expect(guessing.statistics.usedBlockCount == 0)
    }
}
