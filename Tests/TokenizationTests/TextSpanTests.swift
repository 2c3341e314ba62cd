import TestSupport
import Testing
import Tokens

@testable import Tokenization

@Suite("Text spans")
struct TextSpanTests {
    private let tokenizer: Tokenizer

    init() throws {
        tokenizer = try ReferenceVocabulary.fromFile.get()
    }

    @Test("are encoded as one text: words run across their edges")
    func wordsRunAcross() {
        let spans = [TextSpan("R.", addedTokens: .none), TextSpan("\n", addedTokens: .all)]
        #expect(tokenizer.encode(spans) == [49, 624])
    }

    @Test("are normalised as one text")
    func marksJoinAcross() {
        let spans = [TextSpan("e", addedTokens: .none), TextSpan("\u{301}", addedTokens: .all)]
        #expect(tokenizer.encode(spans) == tokenizer.encode("\u{E9}"))
    }

    @Test("recognise an added token only where it lies wholly in spans that permit it")
    func permission() {
        let inside = [TextSpan("a<think>b", addedTokens: .none), TextSpan("<think>", addedTokens: .all)]
        #expect(tokenizer.encode(inside).count { $0 == 151_667 } == 1)
        let across = [TextSpan("<thi", addedTokens: .none), TextSpan("nk>", addedTokens: .all)]
        #expect(!tokenizer.encode(across).contains(151_667))
        let joined = [TextSpan("<thi", addedTokens: .all), TextSpan("nk>", addedTokens: .onlyUnspecial)]
        #expect(tokenizer.encode(joined) == [151_667])
        let empty = [
            TextSpan("<think", addedTokens: .all), TextSpan("", addedTokens: .none), TextSpan(">", addedTokens: .all),
        ]
        #expect(tokenizer.encode(empty) == [151_667])
        let chosen = [TextSpan("<think><tool_call>", addedTokens: .only([151_657]))]
        #expect(tokenizer.encode(chosen).last == 151_657)
        #expect(!tokenizer.encode(chosen).contains(151_667))
    }

    @Test("keep their permissions however many there are")
    func manySpans() {
        let pair = [
            TextSpan("<|im_start|>\n", addedTokens: .all), TextSpan("<|im_start|>\n", addedTokens: .none),
            TextSpan("<think>", addedTokens: .onlyUnspecial), TextSpan("<|im_end|>", addedTokens: .onlyUnspecial),
        ]
        let once = tokenizer.encode(pair)
        #expect(once.count { $0 == 151_644 } == 1 && once.contains(151_667) && !once.contains(151_645))
        let many = tokenizer.encode((0..<500).flatMap { _ in pair })
        #expect(many == (0..<500).flatMap { _ in once })
    }

    @Test("with one permission encode as their joined text, however it is cut")
    func cutsDoNotMatter() throws {
        var random = SeededGenerator(seed: 11)
        let permissions: [AddedTokenPermission] = [.all, .onlyUnspecial, .none, .only([151_645, 151_667])]
        for example in try TokenizerCase.ofKind("encode").filter({ $0.cat != "long/repeat" }).prefix(600) {
            let permission = try #require(permissions.randomElement(using: &random))
            let scalars = Array(try #require(example.text).unicodeScalars)
            var spans: [TextSpan] = []
            var start = 0
            while start < scalars.count {
                let end = Int.random(in: start + 1...min(start + 9, scalars.count), using: &random)
                var text = String.UnicodeScalarView()
                text.append(contentsOf: scalars[start..<end])
                spans.append(TextSpan(String(text), addedTokens: permission))
                start = end
            }
            let whole = tokenizer.encode(try #require(example.text), addedTokens: permission)
            #expect(tokenizer.encode(spans) == whole, "\(example.id)")
        }
    }
}
