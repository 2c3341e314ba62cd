import JSON
import TestSupport
import Testing

@testable import Tokenization

@Suite("A vocabulary that cannot be used")
struct TokenizerErrorTests {
    @Test("is refused with the field that is wrong")
    func refusals() throws {
        let sound = try JSONValue(parsing: Fixtures.bytes("models/dense-k/hf/tokenizer.json"))
        let changes: [(String, (inout JSONObject) -> Void)] = [
            ("model", { $0["model"] = nil }),
            ("normalizer", { $0["normalizer"] = ["type": "NFKC"] }),
            ("pre_tokenizer", { $0["pre_tokenizer"] = ["type": "Whitespace"] }),
            ("model.type", { $0.change("model") { $0["type"] = "WordPiece" } }),
            ("model.vocab", { $0.change("model") { $0["vocab"] = [] } }),
            ("model.vocab", { $0.change("model") { $0.change("vocab") { $0["x"] = -1 } } }),
            ("model.vocab", { $0.change("model") { $0.change("vocab") { $0["x"] = 1e18 } } }),
            ("vocabulary", { $0.change("model") { $0.change("vocab") { $0["a"] = nil } } }),
            ("model.merges", { $0.change("model") { $0["merges"] = nil } }),
            ("model.merges[0]", { $0.change("model") { $0["merges"] = ["a b c"] } }),
            ("merges[0]", { $0.change("model") { $0["merges"] = ["q zz"] } }),
            ("added_tokens[0]", { $0["added_tokens"] = [["id": 1]] }),
            ("added_tokens[0].lstrip", { $0["added_tokens"] = [["id": 1, "content": "x", "lstrip": true]] }),
        ]
        for (field, change) in changes {
            var object = try #require(sound.objectValue)
            change(&object)
            let error = #expect(throws: TokenizerError.self) {
                try Tokenizer(tokenizerFile: JSONValue.object(object).serializedBytes())
            }
            #expect(error?.field == field)
        }
        #expect(throws: TokenizerError.self) { try Tokenizer(tokenizerFile: Array("{".utf8)) }
    }

    @Test("is refused from GGUF too")
    func ggufRefusals() throws {
        let sound = try GGUFTestFile("models/dense-k/gguf/dense-k-Q8_0.gguf").vocabulary()
        let changes: [(String, (inout GGUFVocabulary) -> Void)] = [
            ("tokenizer.ggml.model", { $0.model = "llama" }),
            ("tokenizer.ggml.pre", { $0.preTokenizer = "llama-bpe" }),
            ("tokenizer.ggml.token_type", { $0.tokenTypes.removeLast() }),
            ("tokenizer.ggml.merges[0]", { $0.merges[0] = "x" }),
            (
                "vocabulary",
                {
                    $0.tokens = []; $0.tokenTypes = []
                }
            ),
        ]
        for (field, change) in changes {
            var vocabulary = sound
            change(&vocabulary)
            let error = #expect(throws: TokenizerError.self) { try Tokenizer(gguf: vocabulary) }
            #expect(error?.field == field)
        }
    }

    @Test("is not one whose ordinary token is marked as control")
    func controlMarks() throws {
        var vocabulary = try GGUFTestFile("qwen3/qwen3-vocab.gguf").vocabulary()
        vocabulary.tokenTypes[128_247] = 3
        let tokenizer = try Tokenizer(gguf: vocabulary)
        #expect(tokenizer.encode("</s>") == [522, 82, 29])
        #expect(tokenizer.addedTokens.count == 26)
    }
}

extension JSONObject {
    fileprivate mutating func change(_ key: String, _ body: (inout JSONObject) -> Void) {
        var object = self[key]?.objectValue ?? [:]
        body(&object)
        self[key] = .object(object)
    }
}
