import Sampling
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import Serving

@Suite struct ThinkingLimitTests {
    private static let official = Result {
        StopPhrases(
            message: ThinkingLimit.officialMessage,
            tokenizer: try Tokenizer(tokenizerFile: Fixtures.bytes("qwen3/tokenizer.json")))
    }

    private let phrases: StopPhrases

    init() throws {
        phrases = try Self.official.get()
    }

    private func limit(
        _ requested: Int?, reserve: Int? = nil, needed: Int = 0, of maximum: Int, start: OutputPhase = .content
    ) -> ThinkingLimit {
        ThinkingLimit(
            requested: requested, reserve: reserve, needed: needed, maximumTokens: maximum, phrases: phrases,
            start: start)
    }

    @Test func `Qwen3's official phrase is the documented 24 tokens`() {
        #expect(phrases.full.count == 24)
        #expect(phrases.full.suffix(3) == [624, 151_668, 271])
        #expect(phrases.brief == [198, 151_668, 271])
        #expect(phrases.empty == [271, 151_668, 271])
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

    @Test func `a reply too short for thoughts is answered at once`() {
        #expect(limit(nil, of: 64).budget == 64 - 16 - 24)
        for maximum in 5...62 {
            let atOnce = limit(nil, of: maximum)
            #expect(atOnce.budget == 0)
            #expect(atOnce.stopPhrase == phrases.empty)
            #expect(atOnce.end(.budget) == .answerReserve)
            #expect(limit(nil, of: maximum, start: .reasoning).stopPhrase == phrases.brief)
        }
    }

    @Test func `a budget or a reserve that was asked for shortens the phrase before the thoughts`() {
        #expect(limit(10, of: 46).budget == 10)
        #expect(limit(10, of: 46).stopPhrase == phrases.full)
        #expect(limit(30, of: 46).budget == 46 - 11 - 24)
        #expect(limit(10, of: 20).budget == 10)
        #expect(limit(10, of: 20).stopPhrase == phrases.brief)
        #expect(limit(nil, reserve: 10, of: 40).budget == 6)
        #expect(limit(nil, reserve: 10, of: 20).budget == 7)
        #expect(limit(nil, reserve: 10, of: 20).stopPhrase == phrases.brief)
        #expect(limit(nil, reserve: 20, of: 20).budget == 0)
        #expect(limit(0, of: 20).stopPhrase == phrases.empty)
        #expect(limit(0, of: 20).end(.budget) == .budget)
    }

    @Test func `a reply too short for a block has none`() {
        for maximum in 0...4 {
            #expect(limit(nil, of: maximum).forbidsThinking)
        }
        #expect(!limit(nil, of: 5).forbidsThinking)
        // A block that the prompt has opened is closed with as many line breaks as there is room for.
        #expect(limit(nil, of: 4, start: .reasoning).stopPhrase == [198, 151_668, 271])
        #expect(limit(nil, of: 3, start: .reasoning).stopPhrase == [151_668, 271])
        #expect(limit(nil, of: 2, start: .reasoning).stopPhrase == [151_668])
        #expect(limit(nil, of: 1, start: .reasoning).stopPhrase == [151_668])
    }

    @Test func `thoughts, what ends them and the reserve fit into the reply, and it is answered`() throws {
        for start in [OutputPhase.content, .reasoning] {
            for maximum in (start == .content ? 1 : 2)...400 {
                for requested in [nil, 0, 1, 8, 100] {
                    for reserve in [nil, 1, maximum / 2, maximum] where reserve != 0 {
                        let limit = limit(requested, reserve: reserve, of: maximum, start: start)
                        let place: Comment = "\(maximum), \(requested ?? -1), \(reserve ?? -1), \(start)"
                        guard !limit.forbidsThinking || start == .reasoning else { continue }
                        let budget = try #require(limit.budget)
                        #expect(budget <= requested ?? .max)
                        // The tag that opens a block is counted, and comes where the budget is nothing, too.
                        let thought = start == .content ? max(1, budget) : budget
                        #expect(thought + limit.stopPhrase.count + 1 <= maximum, place)
                        if budget > 0 {
                            let kept = reserve ?? min(256, maximum / 4)
                            #expect(thought + limit.stopPhrase.count + kept <= maximum, place)
                        }
                    }
                }
            }
        }
    }

    @Test func `what the answer needs is kept whatever the reserve is`() {
        #expect(limit(nil, reserve: 0, needed: 50, of: 200).budget == 200 - 50 - 24)
        #expect(limit(nil, needed: 150, of: 200).budget == 200 - 150 - 24)
        #expect(limit(nil, needed: 50, of: 60).budget == 0)
    }

    @Test func `without a reserve thinking may take all and an end is an end`() {
        let free = ThinkingLimit(budget: nil, stopPhrase: phrases.full)
        #expect(free.budget == nil)
        #expect(!free.answersAfterEnd)
    }
}
