import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import Serving

@Suite struct ThinkingLimitTests {
    private static let phrase = [TokenID](repeating: 7, count: 24)

    private func limit(_ requested: Int?, reserve: Int? = nil, of maximum: Int) -> ThinkingLimit {
        ThinkingLimit(requested: requested, reserve: reserve, maximumTokens: maximum, stopPhrase: Self.phrase)
    }

    @Test func `Qwen3's official phrase is the documented 24 tokens`() throws {
        let tokenizer = try Tokenizer(tokenizerFile: Fixtures.bytes("qwen3/tokenizer.json"))
        let phrase = ThinkingLimit.stopPhrase(message: ThinkingLimit.officialMessage, tokenizer: tokenizer)
        #expect(phrase.count == 24)
        #expect(phrase.suffix(3) == [624, 151_668, 271])
        #expect(phrase == tokenizer.encode(ThinkingLimit.officialMessage + "\n</think>\n\n"))
    }

    @Test func `the earlier of budget and reserve holds, and the client is told which`() {
        let budget = limit(10, of: 1000)
        #expect(budget.budget == 10)
        #expect(budget.end(.budget) == .budget)
        let reserve = limit(5000, of: 1000)
        #expect(reserve.budget == 1000 - 250 - 24)
        #expect(reserve.end(.budget) == .answerReserve)
        #expect(limit(nil, of: 32_768).budget == 32_768 - 256 - 24)
        #expect(reserve.end(.natural) == .natural)
        #expect(reserve.end(.endOfText) == .endGuard)
    }

    @Test func `a reply too short for the phrase is left alone unless room was asked for`() {
        #expect(limit(nil, of: 62).budget == nil)
        #expect(limit(nil, of: 64).budget == 64 - 16 - 24)
        #expect(limit(nil, reserve: 10, of: 40).budget == 6)
        #expect(limit(nil, reserve: 10, of: 20).budget == 0)
    }

    @Test func `without a reserve thinking may take all and an end is an end`() {
        let free = limit(nil, reserve: 0, of: 1000)
        #expect(free.budget == nil)
        #expect(!free.answersAfterEnd)
        #expect(limit(3, reserve: 0, of: 1000).budget == 3)
    }
}
