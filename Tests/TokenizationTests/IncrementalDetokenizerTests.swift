import TestSupport
import Testing

@testable import Tokenization

@Suite("The incremental detokenizer")
struct IncrementalDetokenizerTests {
    @Test("gives the same text for every cut of random bytes")
    func cutsDoNotMatter() {
        var random = SeededGenerator(seed: 7)
        let leads: [UInt8] = [0x41, 0xC3, 0xE2, 0xED, 0xE0, 0xF0, 0xF4, 0xC0, 0xF5, 0xFF]
        for _ in 0..<2000 {
            let bytes: [UInt8] = (0..<Int.random(in: 0..<12, using: &random)).map { _ in
                Bool.random(using: &random)
                    ? leads.randomElement(using: &random) ?? 0 : UInt8.random(in: 0x80...0xBF, using: &random)
            }
            var detokenizer = IncrementalDetokenizer()
            var text = ""
            var rest = bytes[...]
            while !rest.isEmpty {
                let length = Int.random(in: 1...rest.count, using: &random)
                text += detokenizer.consume(rest.prefix(length))
                rest = rest.dropFirst(length)
            }
            text += detokenizer.finish()
            #expect(text.utf8.elementsEqual(String(decoding: bytes, as: UTF8.self).utf8), "\(bytes)")
        }
    }

    @Test("holds back only what later bytes may still complete")
    func holdsBackLittle() {
        var detokenizer = IncrementalDetokenizer()
        #expect(detokenizer.consume([0xE2, 0x82]) == "")
        #expect(detokenizer.waitingByteCount == 2)
        #expect(detokenizer.consume([0xAC, 0x41]) == "€A")
        #expect(detokenizer.consume([0xE0, 0x80]) == "\u{FFFD}\u{FFFD}")
        #expect(detokenizer.consume([0xF4, 0x90]) == "\u{FFFD}\u{FFFD}")
        #expect(detokenizer.consume([0xF0, 0x9F]) == "")
        #expect(detokenizer.finish() == "\u{FFFD}")
        #expect(detokenizer.finish() == "")
    }
}
