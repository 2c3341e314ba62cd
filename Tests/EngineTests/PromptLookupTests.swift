import TestSupport
import Testing
import Tokens

@testable import Engine

@Suite struct PromptLookupTests {
    private func advance(_ lookup: inout PromptLookup, _ tokens: [TokenID]) -> [Bool] {
        var outcomes: [Bool] = []
        lookup.advance(tokens) { _, isRight in outcomes.append(isRight) }
        return outcomes
    }

    private func guesses(_ lookup: PromptLookup, _ count: Int, after tokens: [TokenID]) -> [TokenID] {
        var guesses: [TokenID] = []
        lookup.appendGuesses(count, after: tokens, to: &guesses)
        return guesses
    }

    @Test func `what followed the same tokens is guessed`() {
        var lookup = PromptLookup()
        let tokens: [TokenID] = [1, 2, 3, 4, 5, 9, 1, 2]
        _ = advance(&lookup, tokens)
        #expect(lookup.matchLength == 2)
        #expect(guesses(lookup, 4, after: tokens) == [3, 4, 5, 9])
    }

    @Test func `the longest match wins, and of equals the latest`() {
        var lookup = PromptLookup()
        let longest: [TokenID] = [7, 1, 2, 30, 0, 1, 2, 40, 7, 1, 2]
        _ = advance(&lookup, longest)
        #expect(guesses(lookup, 1, after: longest) == [30])
        lookup = PromptLookup()
        let latest: [TokenID] = [7, 1, 2, 30, 8, 1, 2, 40, 9, 1, 2]
        _ = advance(&lookup, latest)
        #expect(guesses(lookup, 1, after: latest) == [40])
    }

    @Test func `one token alone is no match`() {
        var lookup = PromptLookup()
        _ = advance(&lookup, [5, 1, 6, 1])
        #expect(lookup.source == nil)
        _ = advance(&lookup, [5])
        #expect(guesses(lookup, 3, after: [5]).isEmpty)
    }

    @Test func `a loop is guessed beyond its end`() {
        var lookup = PromptLookup()
        let tokens: [TokenID] = [8, 1, 2, 3, 1, 2, 3]
        _ = advance(&lookup, tokens)
        #expect(guesses(lookup, 7, after: tokens) == [1, 2, 3, 1, 2, 3, 1])
    }

    @Test func `a match lasts while its guesses come true, and each is reported`() {
        var lookup = PromptLookup()
        var tokens: [TokenID] = [1, 2, 3, 4, 5, 6, 9, 1, 2]
        #expect(advance(&lookup, tokens).isEmpty)
        tokens += [3, 4]
        #expect(advance(&lookup, tokens) == [true, true])
        #expect(lookup.matchLength == 4)
        tokens += [50, 51]
        #expect(advance(&lookup, tokens) == [false])
        #expect(lookup.source == nil)
    }

    @Test(arguments: [UInt64(1), 2, 3]) func `tokens taken in one by one or at once give the same guesses`(
        _ seed: UInt64
    ) {
        var generator = SeededGenerator(seed: seed)
        var tokens: [TokenID] = []
        var lookup = PromptLookup()
        for _ in 0..<3000 {
            tokens.append(TokenID(Int.random(in: 0..<12, using: &generator)))
            _ = advance(&lookup, tokens)
            guard let source = lookup.source else { continue }
            let length = lookup.matchLength
            #expect(tokens[(source - length)..<source] == tokens.suffix(length))
            #expect(guesses(lookup, 3, after: tokens).count == 3)
        }
        var atOnce = PromptLookup()
        _ = advance(&atOnce, tokens)
        #expect((atOnce.source == nil) == (lookup.source == nil))
    }
}
