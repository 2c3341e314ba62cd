import TestSupport
import Testing

@testable import Terminal

@Suite struct KeyDecoderTests {
    private func keys(_ text: String) -> [Key] {
        var decoder = KeyDecoder()
        return decoder.consume(text.utf8)
    }

    @Test func `characters that come together are one key`() {
        #expect(keys("héllo 日本 🙂") == [.text("héllo 日本 🙂")])
    }

    @Test func `enter comes as either line end`() {
        #expect(keys("a\rb\n") == [.text("a"), .enter, .text("b"), .enter])
    }

    @Test func `arrows come in both modes of a terminal`() {
        #expect(keys("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}OD") == [.up, .down, .right, .left])
    }

    @Test func `words are crossed with control, alt and alt's letters`() {
        let right = keys("\u{1B}[1;5C\u{1B}[1;3C\u{1B}f")
        #expect(right == [.wordRight, .wordRight, .wordRight])
    }

    @Test func `alt-enter and shift-enter are line ends inside the text`() {
        #expect(keys("\u{1B}\r\u{1B}[13;2u\u{1B}[27;2;13~") == [.newline, .newline, .newline])
    }

    @Test func `a paste is one key, with its line ends made one kind and its control characters dropped`() {
        #expect(keys("\u{1B}[200~a\r\nb\rc\td\u{7}\u{1B}[31m\u{1B}[201~x") == [.paste("a\nb\nc\td[31m"), .text("x")])
    }

    @Test func `ctrl-c counts also after a lone escape`() {
        #expect(keys("\u{1B}\u{3}") == [.interrupt])
    }

    @Test func `unknown sequences and broken characters are passed over`() {
        var decoder = KeyDecoder()
        #expect(
            decoder.consume([0xC3, 0x61, 0xFF, 0x80] + Array("\u{1B}[99;99X\u{1B}[<0;1;2Mz".utf8)) == [.text("az")])
        #expect(
            decoder.consume(Array("\u{1B}[".utf8) + [UInt8](repeating: 0x31, count: 10_000) + Array("~q".utf8)) == [
                .text("q")
            ])
    }

    @Test func `how the bytes are cut makes no difference`() {
        let bytes = Array("aé日\u{1B}[200~x\r\ny\u{1B}[201~\u{1B}[1;5D\u{1B}b\u{7F}\u{1B}[3~🙂\r".utf8)
        var whole = KeyDecoder()
        let expected = merged(whole.consume(bytes))
        for cut in bytes.indices {
            var decoder = KeyDecoder()
            #expect(merged(decoder.consume(bytes[..<cut]) + decoder.consume(bytes[cut...])) == expected)
        }
    }

    private func merged(_ keys: [Key]) -> [Key] {
        keys.reduce(into: []) { result, key in
            if case .text(let more) = key, case .text(let text)? = result.last {
                result[result.count - 1] = .text(text + more)
            } else {
                result.append(key)
            }
        }
    }
}
