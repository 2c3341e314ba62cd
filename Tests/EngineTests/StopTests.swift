import Engine
import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct StopTests {
    private static let grammar = OutputGrammarTokens(thinkOpen: 50, thinkClose: 51, ends: [60])

    /// Runs a reply of the scripted model after the prompt [40].
    private func run(
        _ reply: [TokenID], maximumTokens: Int = 100, sampling: SamplingParameters = .greedy,
        stops: StopConditions = StopConditions(), output: OutputMachine? = nil
    ) async throws -> Collected {
        let engine = try makeEngine(script: ScriptedModel.replying(reply, after: [40], end: 60))
        let request = GenerationRequest(
            prompt: [1, 2, 40], maximumTokens: maximumTokens, sampling: sampling, stops: stops,
            output: output ?? OutputMachine(tokens: Self.grammar))
        return await Collected(try engine.generate(request))
    }

    @Test func `an end token ends the output, counts and is not posted`() async throws {
        let collected = try await run([5, 6, 7])
        #expect(collected.ids == [5, 6, 7])
        #expect(collected.finish == .endOfText(60))
        #expect(collected.usage.completionTokens == 4)
        #expect(collected.usage.promptTokens == 3)
    }

    @Test func `an ignored end token is posted as structural`() async throws {
        var sampling = SamplingParameters.greedy
        sampling.ignoresEnd = true
        let collected = try await run([5], maximumTokens: 3, sampling: sampling)
        #expect(collected.ids == [5, 60, 60])
        #expect(collected.tokens.map(\.isStructural) == [false, true, true])
        #expect(collected.finish == .length)
    }

    @Test func `no end comes before the minimum`() async throws {
        var sampling = SamplingParameters.greedy
        sampling.minimumTokens = 4
        let collected = try await run([5], sampling: sampling)
        #expect(collected.tokens.count == 4)
        #expect(collected.finish == .endOfText(60))
    }

    @Test func `the token limit ends the output`() async throws {
        let collected = try await run([5, 6, 7, 8], maximumTokens: 2)
        #expect(collected.ids == [5, 6])
        #expect(collected.finish == .length)
    }

    @Test func `an end at the limit is an end`() async throws {
        let collected = try await run([5, 6], maximumTokens: 3)
        #expect(collected.finish == .endOfText(60))
    }

    @Test func `a limit of nothing computes the prompt only`() async throws {
        let collected = try await run([5], maximumTokens: 0)
        #expect(collected.ids.isEmpty)
        #expect(collected.finish == .length)
        #expect(collected.usage.completionTokens == 0)
    }

    @Test func `a stop token ends the output and is posted only if asked for`() async throws {
        let without = try await run([5, 6, 7], stops: StopConditions(tokenIDs: [6]))
        #expect(without.ids == [5])
        #expect(without.finish == .stopToken(6))
        let with = try await run([5, 6, 7], stops: StopConditions(tokenIDs: [6], includesStopText: true))
        #expect(with.ids == [5, 6])
        #expect(with.finish == .stopToken(6))
    }

    @Test func `a stop string across tokens ends the output with the token that completes it`() async throws {
        let collected = try await run([15, 16, 17, 18], stops: StopConditions(strings: ["99", "6 1"]))
        #expect(collected.ids == [15, 16, 17])
        #expect(collected.finish == .stopString(index: 1))
    }

    @Test func `stop strings are deaf in reasoning unless asked to listen`() async throws {
        let reply: [TokenID] = [50, 15, 51, 14, 15, 16]
        let stops = StopConditions(strings: ["15"])
        let deaf = try await run(reply, stops: stops)
        #expect(deaf.ids == [50, 15, 51, 14, 15])
        #expect(deaf.tokens.map(\.phase) == [.reasoning, .reasoning, .reasoning, .content, .content])
        #expect(deaf.usage.reasoningTokens == 3)
        var listening = stops
        listening.scope = .all
        #expect(try await run(reply, stops: listening).ids == [50, 15])
    }

    @Test func `text of reasoning never begins a stop string of content`() async throws {
        let stops = StopConditions(strings: ["5 1"], scope: .all)
        let collected = try await run([50, 5, 51, 13], stops: stops)
        #expect(collected.finish == .endOfText(60))
    }

    @Test func `a spent thinking budget forces the phrase and the answer follows`() async throws {
        let engine = try makeEngine(
            script: ScriptedModel.choosing { history in
                guard let close = history.lastIndex(of: 51) else { return 7 }
                return history.count - close > 3 ? 60 : 8
            })
        let output = OutputMachine(
            tokens: Self.grammar, start: .reasoning, thinkingBudget: 6, stopPhrase: [30, 31, 51])
        let request = GenerationRequest(
            prompt: [1, 50], maximumTokens: 50,
            sampling: SamplingParameters(temperature: 0, logProbabilityCount: 0), output: output)
        let collected = await Collected(try engine.generate(request))
        #expect(collected.ids == [7, 7, 7, 7, 7, 7, 30, 31, 51, 8, 8, 8])
        #expect(collected.usage.reasoningTokens == 9)
        #expect(collected.finish == .endOfText(60))
        #expect((collected.tokens[6].logProbability ?? 0) < -19)
    }

    @Test func `an end inside thinking becomes the closing tag`() async throws {
        let output = OutputMachine(tokens: Self.grammar, start: .content, closesThinkingAtEnd: true)
        let collected = try await run([50, 5, 60, 8], output: output)
        #expect(collected.ids == [50, 5, 51, 8])
        #expect(collected.finish == .endOfText(60))
    }

    @Test func `the context ends the output`() async throws {
        let engine = try makeEngine(.small.changed { $0.contextLength = 10 })
        let collected = await Collected(
            try engine.generate(GenerationRequest(prompt: [1, 2, 3], maximumTokens: 100)))
        #expect(collected.tokens.count == 7)
        #expect(collected.finish == .length)
    }
}
