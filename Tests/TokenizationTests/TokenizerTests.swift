import TestSupport
import Testing
import Tokens

@testable import Tokenization

@Suite("The tokenizer agrees with the reference")
struct TokenizerTests {
    @Test("on the tokens of every text, in every mode", arguments: ReferenceVocabulary.Source.allCases)
    func encoding(source: ReferenceVocabulary.Source) throws {
        let tokenizer = try source.tokenizer()
        let cases = try TokenizerCase.ofKind("encode")
        #expect(cases.count > 3000)
        for example in cases {
            let permission: AddedTokenPermission =
                switch example.mode {
                case "no_special": .onlyUnspecial
                case "plain": .none
                default: .all
                }
            let ids = tokenizer.encode(try #require(example.text), addedTokens: permission)
            #expect(ids.map(\.rawValue) == example.ids, "\(example.id)")
            let decoded = example.decoded ?? example.text
            #expect(tokenizer.decode(ids).utf8.elementsEqual(decoded?.utf8 ?? "".utf8), "\(example.id)")
        }
    }

    @Test(
        "on the text of every list of tokens, with and without special ones",
        arguments: ReferenceVocabulary.Source.allCases)
    func decoding(source: ReferenceVocabulary.Source) throws {
        let tokenizer = try source.tokenizer()
        let cases = try TokenizerCase.ofKind("decode")
        #expect(cases.count > 300)
        for example in cases {
            let ids = try #require(example.ids).map(TokenID.init(rawValue:))
            #expect(tokenizer.decode(ids).utf8.elementsEqual(try #require(example.text).utf8), "\(example.id)")
            let skipped = tokenizer.decode(ids, skippingSpecialTokens: true)
            #expect(skipped.utf8.elementsEqual(try #require(example.textSkipSpecial).utf8), "\(example.id)")
        }
    }

    @Test("on every piece of a stream and on what remains", arguments: ReferenceVocabulary.Source.allCases)
    func streaming(source: ReferenceVocabulary.Source) throws {
        let tokenizer = try source.tokenizer()
        for example in try TokenizerCase.ofKind("decode") {
            var detokenizer = IncrementalDetokenizer()
            let pieces = try #require(example.ids).map { id in
                var bytes: [UInt8] = []
                tokenizer.appendBytes(of: TokenID(rawValue: id), to: &bytes)
                return Array(detokenizer.consume(bytes).utf8)
            }
            #expect(pieces == example.pieces?.map { Array($0.utf8) }, "\(example.id)")
            #expect(detokenizer.finish().utf8.elementsEqual(try #require(example.flush).utf8), "\(example.id)")
        }
    }

    @Test("on the bytes of single tokens", arguments: ReferenceVocabulary.Source.allCases)
    func tokenBytes(source: ReferenceVocabulary.Source) throws {
        let tokenizer = try source.tokenizer()
        let cases = try TokenizerCase.ofKind("token_bytes")
        #expect(cases.count > 200)
        for example in cases {
            let id = TokenID(rawValue: try #require(example.token))
            let hex = tokenizer.withBytes(of: id) { bytes in
                bytes.indices.map { index in
                    let digits = String(bytes[index], radix: 16)
                    return digits.count == 1 ? "0" + digits : digits
                }.joined()
            }
            #expect(hex == example.hex, "\(example.id)")
            #expect(tokenizer.isSpecial(id) == example.special, "\(example.id)")
            #expect(tokenizer.addedTokens.contains { $0.id == id } == example.added, "\(example.id)")
        }
    }

    @Test("on which tokens were added, and which of them are special", arguments: ReferenceVocabulary.Source.allCases)
    func addedTokens(source: ReferenceVocabulary.Source) throws {
        let tokenizer = try source.tokenizer()
        #expect(tokenizer.tokenCount == 151_669)
        #expect(tokenizer.addedTokens.map(\.id.rawValue) == Array(151_643...151_668))
        #expect(tokenizer.addedTokens.filter(\.isSpecial).map(\.id.rawValue) == Array(151_643...151_656))
        #expect(tokenizer.token("<think>") == 151_667)
        #expect(tokenizer.token("</s>") == 128_247)
        #expect(tokenizer.token("no such token") == nil)
    }
}

@Suite("The tiny vocabularies of the checkpoints")
struct TinyTokenizerTests {
    @Test(
        "load and give any text back",
        arguments: ["dense-k", "dense-tied", "dense-untied", "dense-yarn", "moe", "moe-mixed"])
    func roundTrip(model: String) throws {
        let tokenizer = try ReferenceVocabulary.tiny(model)
        #expect(tokenizer.addedTokens.count == 26)
        let text = "<|im_start|>user\nWhere is 東京? Größe 3½ 👩‍👩‍👧 don't\r\n\r\n  end<|im_end|>\n"
        let ids = tokenizer.encode(text)
        #expect(tokenizer.decode(ids) == text)
        #expect(ids.allSatisfy { $0.index < tokenizer.tokenCount })
        #expect(ids.first == tokenizer.token("<|im_start|>"))
    }
}
