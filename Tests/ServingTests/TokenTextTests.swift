import Sampling
import ServingTestSupport
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import Serving

@Suite struct TokenTextTests {
    /// Bytes as tokens of random lengths, so that characters and stop strings are cut anywhere.
    private func pieces(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = Int.random(in: 1...min(4, rest.count), using: &random)
            pieces.append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
        return pieces
    }

    private func text(_ random: inout SeededGenerator) -> String {
        let alphabet = ["a", "b", "\n", "é", "日", "👩‍🚀", " ", "ab"]
        return (0..<Int.random(in: 0...20, using: &random)).map { _ in
            alphabet[Int.random(in: alphabet.indices, using: &random)]
        }
        .joined()
    }

    @Test func decodedTextIsCutAtTheFirstStopStringHoweverItsTokensWereCut() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let whole = text(&random)
            let stops = ["ab", "\n\n", "日a", "👩‍🚀"]
            let stop = stops[Int.random(in: stops.indices, using: &random)]
            let keeps = Bool.random(using: &random)
            var decoder = CompletionTextDecoder(
                stops: StopConditions(strings: [stop], includesStopText: keeps))
            var decoded = ""
            for piece in pieces(Array(whole.utf8), &random) {
                decoded += decoder.consume(piece)
            }
            decoded += decoder.finish()
            #expect(Array(decoded.unicodeScalars) == expected(whole, stop: stop, keeps: keeps))
        }
    }

    private func expected(_ whole: String, stop: String, keeps: Bool) -> [Unicode.Scalar] {
        let scalars = Array(whole.unicodeScalars)
        let pattern = Array(stop.unicodeScalars)
        for start in scalars.indices where scalars[start...].starts(with: pattern) {
            return Array(scalars[..<(keeps ? start + pattern.count : start)])
        }
        return scalars
    }

    @Test func textThatIsNeverCompletedBecomesAReplacementCharacter() {
        var decoder = CompletionTextDecoder(stops: StopConditions())
        #expect(decoder.consume([0xE6]) == "")
        #expect(decoder.finish() == "\u{FFFD}")
    }

    @Test func everySentTextCarriesExactlyItsTokens() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2000 {
            let whole = text(&random)
            let tokens = pieces(Array(whole.utf8), &random)
            var ledger = TokenTextLedger(offset: 100)
            var detokenizer = IncrementalDetokenizer()
            var held = ""
            var sent: [SentToken] = []
            for (index, bytes) in tokens.enumerated() {
                ledger.append(SampledToken(id: TokenID(index)), bytes: bytes)
                held += detokenizer.consume(bytes)
                if Bool.random(using: &random) {
                    sent += ledger.send(held)
                    held = ""
                }
            }
            sent += ledger.send(held)
            #expect(sent.map(\.token.id.index) == Array(tokens.indices))
            #expect(sent.map(\.textOffset) == sent.map(\.textOffset).sorted())
            #expect(sent.first.map(\.textOffset) ?? 100 == 100)
        }
    }

    @Test func tokensOfTrimmedLineBreaksAreNotCarried() {
        var ledger = TokenTextLedger()
        ledger.append(SampledToken(id: 1), bytes: Array("\n\n".utf8))
        #expect(ledger.send("") == [])
        ledger.append(SampledToken(id: 2), bytes: Array("Hi".utf8))
        ledger.append(SampledToken(id: 3), bytes: Array(" you".utf8))
        #expect(ledger.send("Hi y").map(\.token.id) == [2, 3])
        #expect(ledger.send("ou").isEmpty)
    }

    @Test func tokensWhoseTextIsNeverSentAreNotCarried() {
        var ledger = TokenTextLedger()
        ledger.append(SampledToken(id: 1), bytes: Array("Go".utf8))
        ledger.append(SampledToken(id: 2), bytes: Array(" ST".utf8))
        #expect(ledger.send("Go ").map(\.token.id) == [1, 2])
        ledger.append(SampledToken(id: 3), bytes: Array("OP".utf8))
        #expect(ledger.send("").isEmpty)
    }
}
