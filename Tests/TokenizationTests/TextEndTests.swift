import JSON
import TestSupport
import Testing

@testable import Tokenization

@Suite("What stands behind a text")
struct TextEndTests {
    private func tokenizer(_ processor: JSONValue) throws -> Tokenizer {
        let file = try JSONValue(parsing: Fixtures.bytes("models/dense-tied/hf/tokenizer.json"))
        var object = try #require(file.objectValue)
        object["post_processor"] = processor
        return try Tokenizer(tokenizerFile: JSONValue.object(object).serializedBytes())
    }

    private func template(_ ids: JSONValue) -> JSONValue {
        [
            "type": "TemplateProcessing",
            "single": [
                ["Sequence": ["id": "A", "type_id": 0]], ["SpecialToken": ["id": "<|endoftext|>", "type_id": 0]],
            ],
            "special_tokens": ["<|endoftext|>": ["id": "<|endoftext|>", "ids": ids]],
        ]
    }

    @Test("is what the post-processor's template says, alone or in a sequence")
    func templates() throws {
        let end = try #require(try tokenizer(nil).token("<|endoftext|>"))
        let ids: JSONValue = [.number(end.index)]
        #expect(try tokenizer(nil).textEnd.isEmpty)
        #expect(try tokenizer(["type": "ByteLevel"]).textEnd.isEmpty)
        #expect(try tokenizer(template(ids)).textEnd == [end])
        let sequence: JSONValue = ["type": "Sequence", "processors": [["type": "ByteLevel"], template(ids)]]
        #expect(try tokenizer(sequence).textEnd == [end])
        #expect(try tokenizer(sequence).encode("a") == tokenizer(nil).encode("a"))
    }

    @Test("is a token of the vocabulary", arguments: [-1, 1_099_511_627_776, "a"] as [JSONValue])
    func foreignTokens(id: JSONValue) throws {
        let error = #expect(throws: TokenizerError.self) { try tokenizer(template([id])) }
        #expect(error?.field == "post_processor.special_tokens")
    }

    @Test("is the end of text of a GGUF file that adds it")
    func files() throws {
        var vocabulary = try GGUFTestFile("models/dense-tied/gguf/dense-tied-F32.gguf").vocabulary()
        #expect(try Tokenizer(gguf: vocabulary).textEnd.isEmpty)
        vocabulary.textEnd = 5
        #expect(try Tokenizer(gguf: vocabulary).textEnd.map(\.index) == [5])
    }
}
