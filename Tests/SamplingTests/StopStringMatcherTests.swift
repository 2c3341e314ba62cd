import Sampling
import TestSupport
import Testing

@Suite struct StopStringMatcherTests {
    /// The definition: the match that ends first, and of those that end together the longest.
    private func firstMatch(_ text: [UInt8], _ strings: [String]) -> StopStringMatcher.Match? {
        for end in 0...text.count {
            let ending = strings.enumerated()
                .filter { !$1.isEmpty && text.prefix(end).suffix($1.utf8.count).elementsEqual($1.utf8) }
                .map { StopStringMatcher.Match(index: $0, length: $1.utf8.count, endOffset: end) }
            if let longest = ending.max(by: { $0.length < $1.length }) {
                return ending.first { $0.length == longest.length }
            }
        }
        return nil
    }

    /// The longest end of the text that begins a string.
    private func heldCount(_ text: [UInt8], _ strings: [String]) -> Int {
        (0...text.count).last { count in
            strings.contains { count < $0.utf8.count && text.suffix(count).elementsEqual($0.utf8.prefix(count)) }
        } ?? 0
    }

    @Test func `random texts match as defined, however they are cut`() {
        var generator = SeededGenerator(seed: 9)
        for _ in 0..<1500 {
            let strings = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                String(
                    (0..<Int.random(in: 0...5, using: &generator)).map { _ in
                        "ab".randomElement(using: &generator) ?? "a"
                    })
            }
            let text = (0..<Int.random(in: 0...14, using: &generator)).map { _ in
                UInt8.random(in: 97...98, using: &generator)
            }
            let expected = firstMatch(text, strings)
            var whole = StopStringMatcher(strings)
            #expect(whole.consume(text) == expected, "\(strings) in \(text)")
            let cut = Int.random(in: 0...text.count, using: &generator)
            var cutInTwo = StopStringMatcher(strings)
            let match = cutInTwo.consume(text[..<cut]) ?? cutInTwo.consume(text[cut...])
            #expect(match == expected)
            if expected == nil {
                #expect(whole.heldByteCount == heldCount(text, strings), "\(strings) in \(text)")
            }
        }
    }

    @Test func `a stop string is found when cut at every position, inside a scalar too`() {
        let text = Array("Grüße 🙂 ENDE mehr".utf8)
        for cut in 0...text.count {
            var matcher = StopStringMatcher(["🙂 ENDE"])
            let match = matcher.consume(text[..<cut]) ?? matcher.consume(text[cut...])
            #expect(match?.startOffset == "Grüße ".utf8.count)
            #expect(match?.length == "🙂 ENDE".utf8.count)
        }
    }

    @Test func `what may begin a stop string is held back, and no more`() {
        var matcher = StopStringMatcher(["\n\nUser:", "###"])
        #expect(matcher.consume("text #".utf8) == nil)
        #expect(matcher.heldByteCount == 1)
        #expect(matcher.consume("1\n\nUs".utf8) == nil)
        #expect(matcher.heldByteCount == 4)
        #expect(matcher.consume("A".utf8) == nil)
        #expect(matcher.heldByteCount == 0)
        #expect(matcher.consumedByteCount == 12)
    }

    @Test func `a reset forgets a beginning`() {
        var matcher = StopStringMatcher(["abc"])
        #expect(matcher.consume("ab".utf8) == nil)
        matcher.reset()
        #expect(matcher.heldByteCount == 0)
        #expect(matcher.consume("c".utf8) == nil)
        #expect(matcher.consume("abc".utf8)?.endOffset == 4)
    }
}
