import Engine
import Sampling
import TestSupport
import Testing
import Tokens

/// Replies that go round in a loop are ended, each in the way that saves most of it.
@Suite struct LoopGuardTests {
    private static let limits = LoopLimits(span: 24, reasoningSpan: 12)
    private static let marker: TokenID = 50
    private static let end: TokenID = 62
    private static let tags = OutputGrammarTokens(thinkOpen: 60, thinkClose: 61, ends: [end])

    /// Behind the marker a loop of so many tokens, until thinking is closed; then token 40 and the end.
    private func engine(period: Int, speculation: Speculation = .off) throws -> InferenceEngine {
        let script = ScriptedModel.choosing { history in
            if let close = history.lastIndex(of: 61) {
                return history.count - close < 3 ? 40 : Self.end
            }
            let start = history.lastIndex(of: Self.marker) ?? 0
            return TokenID((history.count - start - 1) % period + 1)
        }
        return try makeEngine(
            .small.changed {
                $0.cacheSize = .blocks(500)
                $0.speculation = speculation
                $0.promptLogitRowLimit = 16
            }, script: script)
    }

    private func request(
        _ start: OutputPhase, limits: LoopLimits? = limits, constraint: (any TokenConstraint)? = nil
    ) -> GenerationRequest {
        GenerationRequest(
            prompt: [9, Self.marker], maximumTokens: 400, sampling: SamplingParameters(temperature: 0),
            output: OutputMachine(tokens: Self.tags, start: start, stopPhrase: [30, 61, 31]), constraint: constraint,
            loopLimits: limits)
    }

    @Test(arguments: [1, 2, 3, 7, 40]) func `an answer that goes round ends, and says how`(period: Int) async throws {
        let engine = try engine(period: period)
        let collected = await Collected(try engine.generate(request(.content)))
        let length = max(6 * period, 24)
        #expect(collected.finish == .loop(OutputLoop(period: period, count: length / period)))
        #expect(collected.ids.count == length)
        #expect(engine.statistics.answerLoopCount == 1)
        #expect(engine.statistics.usedBlockCount == 0)
    }

    @Test(arguments: [1, 2, 5, 40])
    func `thinking that goes round is ended by the stop phrase`(period: Int) async throws {
        let engine = try engine(period: period)
        let collected = await Collected(try engine.generate(request(.reasoning)))
        let thought = max(6 * period, 12)
        #expect(collected.ids == (0..<thought).map { TokenID($0 % period + 1) } + [30, 61, 31, 40])
        #expect(collected.usage.reasoningEnd == .loop)
        #expect(collected.finish == .endOfText(Self.end))
        #expect(engine.statistics.reasoningLoopCount == 1)
    }

    @Test(arguments: [OutputPhase.content, .reasoning])
    func `guessing ahead ends the same loops at the same tokens`(start: OutputPhase) async throws {
        let plain = await Collected(try engine(period: 5).generate(request(start)))
        let guessing = await Collected(try engine(period: 5, speculation: .always).generate(request(start)))
        #expect(guessing.usage.acceptedDraftTokens > 0)
        #expect(guessing.ids == plain.ids)
        #expect(guessing.finish == plain.finish)
    }

    @Test func `without limits a loop goes on, and a least length is kept`() async throws {
        let engine = try engine(period: 3)
        #expect(await Collected(try engine.generate(request(.content, limits: nil))).finish == .length)
        var long = request(.content)
        long.sampling.minimumTokens = 100
        #expect(await Collected(try engine.generate(long)).ids.count == 100)
    }

    /// A string that is closed by token 20; behind it token 21 and the end.
    private struct StringForm: TokenConstraint {
        /// Behind these tokens the string cannot be closed.
        var opaque: Set<TokenID> = []
        private var isOpen = true
        private var last: TokenID?

        init(opaque: Set<TokenID> = []) { self.opaque = opaque }

        var allowsThinking: Bool { true }

        func mask() -> TokenMask {
            var mask = TokenMask(count: 64)
            (isOpen ? Array(1...20) : last == 20 ? [21] : [62]).forEach { mask.insert($0) }
            return mask
        }

        func stringEnd() -> TokenID? {
            isOpen && !(last.map(opaque.contains) ?? false) ? 20 : nil
        }

        mutating func accept(_ token: TokenID) {
            if token == 20 { isOpen = false }
            last = token
        }
    }

    @Test func `a string of a form that goes round is closed`() async throws {
        let engine = try engine(period: 4)
        let collected = await Collected(try engine.generate(request(.content, constraint: StringForm())))
        #expect(collected.ids == (0..<24).map { TokenID($0 % 4 + 1) } + [20, 21])
        #expect(collected.finish == .endOfText(Self.end))
        #expect(engine.statistics.stringLoopCount == 1)
    }

    @Test func `a string is closed where it can be, and an answer whose loop holds no such place ends`() async throws {
        let engine = try engine(period: 4)
        let late = await Collected(try engine.generate(request(.content, constraint: StringForm(opaque: [4, 1]))))
        #expect(late.ids == (0..<26).map { TokenID($0 % 4 + 1) } + [20, 21])
        let never = await Collected(
            try engine.generate(request(.content, constraint: StringForm(opaque: [1, 2, 3, 4]))))
        guard case .loop(let loop) = never.finish else {
            Issue.record("The answer ended by \(String(describing: never.finish)).")
            return
        }
        #expect(loop.period == 4)
    }
}
