import Testing

@testable import Tokenization

@Suite("The pre-tokenizer")
struct PreTokenizerTests {
    @Test(
        "cuts text as the regular expression does",
        arguments: [
            ("I'm you'LL we'Re 'ſx", ["I", "'m", " you", "'LL", " we", "'Re", " '", "ſx"]),
            ("a'ſb", ["a", "'ſ", "b"]),
            ("x=1234", ["x", "=", "1", "2", "3", "4"]),
            ("a  b", ["a", " ", " b"]),
            ("a   ", ["a", "   "]),
            ("  \n \n  x", ["  \n \n", " ", " x"]),
            (".\r\n\r\nnext", [".\r\n\r\n", "next"]),
            ("\tif (x) {\n", ["\tif", " (", "x", ")", " {\n"]),
            ("\u{3000}東京。", ["\u{3000}東京", "。"]),
            (" 1  2", [" ", "1", " ", " ", "2"]),
            ("e\u{301}a \u{301}", ["e", "\u{301}a", " \u{301}"]),
        ])
    func words(text: String, expected: [String]) {
        let bytes = Array(text.utf8)
        var words: [String] = []
        var position = 0
        while position < bytes.count {
            let end = PreTokenizer().endOfWord(in: bytes.span, from: position)
            words.append(String(decoding: bytes[position..<end], as: UTF8.self))
            position = end
        }
        #expect(words.map { Array($0.unicodeScalars) } == expected.map { Array($0.unicodeScalars) })
    }
}
