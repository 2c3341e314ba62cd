import Foundation
import Tokenization
import Tokens

/// A tokenizer.json. Invariant: a tokenizer that is accepted gives a text back as it was.
struct TokenizerTarget: FuzzTarget {
    static let name = "tokenizer"

    func run(_ input: [UInt8]) {
        guard let tokenizer = try? Tokenizer(tokenizerFile: input) else { return }
        requireRoundTrips(tokenizer)
        for id in tokenizer.textEnd {
            require(id.index < tokenizer.tokenCount, "the end of a text is no token")
        }
    }
}

/// Texts that meet words, digits, several scripts, marks that combine, line ends and control tokens.
private let texts = [
    "", "Hello, world! It's 2026; that'll do.\n\n  x\t", "naïve café e\u{301} 東京 안녕 👍🏽 \u{0}\u{7F}",
    "<|im_start|>user\n<think>a</think><tool_call>", "def f(x):\r\n    return x ** 12345\n",
]

/// What is encoded decodes to itself once it is in the tokenizer's normal form.
func requireRoundTrips(_ tokenizer: Tokenizer) {
    for text in texts {
        let normal = tokenizer.decode(tokenizer.encode(text))
        require(tokenizer.decode(tokenizer.encode(normal)).utf8.elementsEqual(normal.utf8), "a text changes each time")
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            require(normal.utf8.elementsEqual(text.utf8), "an ASCII text does not come back as it was")
        }
    }
}

/// A text for a sound tokenizer. Invariant: it comes back, whole or token by token, and tokens do not depend on spans.
struct TextTarget: FuzzTarget {
    static let name = "text"

    func prepare() {
        _ = Self.tokenizer
    }

    func run(_ input: [UInt8]) {
        let tokenizer = Self.tokenizer
        let text = String(decoding: input, as: UTF8.self)
        let tokens = tokenizer.encode(text)
        let normal = tokenizer.decode(tokens)
        let isNormal = normal.utf8.elementsEqual(text.utf8)
        require(isNormal || normal == text, "a text comes back as another, not only in another form")
        require(Self.pieces(of: tokens, tokenizer).utf8.elementsEqual(normal.utf8), "a text in pieces is another")
        let plain = tokenizer.encode(text, addedTokens: .none)
        // A mark behind a tag joins its last character where the tag is but text.
        require(tokenizer.decode(plain) == text, "plain tokens are another text, not only in another form")
        require(plain.allSatisfy { !tokenizer.isSpecial($0) }, "a control token came of plain text")
        var choices = InputChoices(input)
        let scalars = text.unicodeScalars
        let cut = scalars.index(scalars.startIndex, offsetBy: Int.random(in: 0...scalars.count, using: &choices))
        let spans = [text[..<cut], text[cut...]].map { TextSpan(String($0), addedTokens: .all) }
        require(tokenizer.encode(spans) == tokens, "a text in two spans has other tokens")
    }

    private static func pieces(of tokens: [TokenID], _ tokenizer: Tokenizer) -> String {
        var detokenizer = IncrementalDetokenizer()
        var text = ""
        for token in tokens {
            var bytes: [UInt8] = []
            tokenizer.appendBytes(of: token, to: &bytes)
            text += detokenizer.consume(bytes)
        }
        return text + detokenizer.finish()
    }

    static let tokenizer: Tokenizer = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/models/dense-tied/hf/tokenizer.json")
        do {
            return try Tokenizer(tokenizerFile: [UInt8](Data(contentsOf: file)))
        } catch {
            fatalError("the fixture's tokenizer: \(error)")
        }
    }()
}
