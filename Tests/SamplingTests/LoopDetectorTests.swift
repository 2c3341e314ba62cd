import Sampling
import TestSupport
import Testing
import Tokens

@Suite struct LoopDetectorTests {
    private static let usual = LoopLimits()

    /// After how many tokens a loop was seen, and which.
    private func firstLoop(
        in tokens: some Sequence<Int>, limits: LoopLimits = usual, span: Int = usual.span
    ) -> (index: Int, loop: OutputLoop)? {
        var detector = LoopDetector()
        for (index, token) in tokens.enumerated() {
            if let loop = detector.consume(TokenID(token), limits: limits, span: span) { return (index, loop) }
        }
        return nil
    }

    private func noise(_ count: Int, seed: UInt64) -> [Int] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in Int.random(in: 0..<150_000, using: &generator) }
    }

    @Test(arguments: Array(1...200) + [255, 256])
    func `a loop is seen at its period, as soon as it has come often enough and is long enough`(period: Int) throws {
        let beginning = noise(40, seed: 3)
        let pattern = noise(period, seed: UInt64(period))
        let looping = (0..<3_000).map { $0 < 40 ? beginning[$0] : pattern[($0 - 40) % period] }
        let found = try #require(firstLoop(in: looping))
        #expect(found.loop.period == period)
        #expect(found.index == 40 + max(6 * period, 512) - 1)
        #expect(found.loop.count == max(6 * period, 512) / period)
    }

    @Test func `periods beyond the limit, and patterns that vary, are no loops`() {
        let long = noise(257, seed: 1)
        #expect(firstLoop(in: (0..<3_000).map { long[$0 % 257] }) == nil)
        let pattern = noise(50, seed: 2)
        // One token in fifty counts up.
        #expect(firstLoop(in: (0..<3_000).map { $0 % 50 == 7 ? 200_000 + $0 : pattern[$0 % 50] }) == nil)
        #expect(firstLoop(in: noise(3_000, seed: 9)) == nil)
    }

    @Test func `asked-for limits hold to the token`() throws {
        let limits = LoopLimits(periods: 3...5, count: 4, span: 0)
        let found = try #require(firstLoop(in: (0..<100).map { $0 % 4 }, limits: limits, span: 0))
        #expect(found.index == 15)
        #expect(found.loop == OutputLoop(period: 4, count: 4))
        // Two tokens in turn are also four in turn.
        #expect(firstLoop(in: (0..<100).map { $0 % 2 }, limits: limits, span: 0)?.loop.period == 4)
        #expect(firstLoop(in: (0..<100).map { $0 % 7 }, limits: limits, span: 0) == nil)
    }

    /// Text that repeats and is meant to, a token a character, which is harder than with any real vocabulary.
    static let goodTexts: [String] = {
        let rows = (1...60).map { "| item \($0) | yes | yes | yes | yes |\n" }
        let refrain = "Row, row, row your boat, gently down the stream. Merrily, merrily, merrily, merrily!\n"
        let code = (0..<80).map { "    case 0x\($0): return handle(\($0), 0, 0, 0, 0)\n" }
        return [
            "| a | b |\n" + String(repeating: "|---", count: 40) + "|\n" + rows.joined(),
            (1...12).map { "Verse \($0)\n" + refrain + refrain }.joined(),
            "SGVsbG8=" + String(repeating: "A", count: 500) + "/+8=",
            code.joined(),
            String(repeating: "=", count: 500) + "\ntitle\n" + String(repeating: "=", count: 500),
            "[" + (0..<15).map { _ in "[" + String(repeating: "0,", count: 15) + "0]" }.joined(separator: ",") + "]",
            (1...300).map { "\($0), " }.joined(),
            String(repeating: "ha", count: 120) + "!",
        ]
    }()

    @Test(arguments: goodTexts) func `tables, poems, base64, code and long runs are no loops`(text: String) {
        #expect(firstLoop(in: text.utf8.map(Int.init)) == nil)
    }

    @Test func `what was forgotten does not count`() {
        var detector = LoopDetector()
        var loops = 0
        for index in 0..<5_000 {
            if index % 500 == 0 { detector.reset() }
            loops += detector.consume(7, limits: Self.usual, span: Self.usual.span) == nil ? 0 : 1
        }
        #expect(loops == 0)
    }
}
