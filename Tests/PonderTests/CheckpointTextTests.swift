import Chat
import Checkpoints
import Serving
import TestSupport
import Testing
import Tokenization
import Tokens

@testable import ponder

/// What a checkpoint says about text: tokenizer, chat template, end tokens and advice.
@Suite struct CheckpointTextTests {
    private static let folder = "models/moe/hf"
    private static let file = "models/moe/gguf/moe-Q8_0.gguf"

    private func open(_ fixture: String) throws -> (Checkpoint, Tokenizer) {
        let checkpoint = try Checkpoint.open(Fixtures.path(fixture))
        return (checkpoint, try checkpoint.makeTokenizer())
    }

    @Test func `a GGUF file and its checkpoint folder have the same tokenizer`() throws {
        let (_, folder) = try open(Self.folder)
        let (_, file) = try open(Self.file)
        let text = "<|im_start|>user\nTell me about 12 tigers, l'été.<|im_end|>\n<think>"
        #expect(folder.tokenCount == file.tokenCount)
        #expect(folder.encode(text) == file.encode(text))
    }

    @Test(arguments: [folder, file])
    func `both ends of a turn are known`(fixture: String) throws {
        let (checkpoint, tokenizer) = try open(fixture)
        let ends = ["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token)
        #expect(ends.count == 2)
        #expect(try checkpoint.endTokens(tokenizer) == Set(ends))
    }

    @Test(arguments: [folder, file])
    func `the template that came with the weights is used`(fixture: String) throws {
        let (checkpoint, tokenizer) = try open(fixture)
        let format = try #require(try checkpoint.makeChatFormat(template: nil, tokenizer: tokenizer))
        #expect(format.outputTokens.thinkOpen == tokenizer.token("<think>"))
    }

    @Test func `a template that does not parse is told by the model's name`() throws {
        let (checkpoint, tokenizer) = try open(Self.folder)
        #expect {
            _ = try checkpoint.makeChatFormat(template: "{% if %}", tokenizer: tokenizer)
        } throws: { error in
            String(describing: error).hasPrefix("hf: the chat template cannot be used: ")
        }
    }

    @Test(arguments: [folder, file])
    func `sampling follows the checkpoint's advice`(fixture: String) throws {
        let (checkpoint, tokenizer) = try open(fixture)
        let defaults = try checkpoint.generationDefaults(tokenizer)
        #expect(defaults.thinking.temperature == 0.6)
        #expect(defaults.thinking.topK == 20)
        #expect(defaults.direct.topP == 0.8)
    }

    @Test func `the built-in model is a whole one`() throws {
        let checkpoint = try ModelSource.builtIn.open()
        let tokenizer = try checkpoint.makeTokenizer()
        #expect(checkpoint.name == ModelSource.builtInName)
        #expect(try checkpoint.makeChatFormat(template: nil, tokenizer: tokenizer) != nil)
    }

    @Test func `other weights and other numerics have other fingerprints`() throws {
        let (folder, _) = try open(Self.folder)
        let (file, _) = try open(Self.file)
        let prints = [
            ModelFingerprint(folder, kvCacheFormat: .f16), ModelFingerprint(folder, kvCacheFormat: .f32),
            ModelFingerprint(file, kvCacheFormat: .f16),
        ]
        #expect(Set(prints.map(\.description)).count == 3)
        #expect(ModelFingerprint(folder, kvCacheFormat: .f16).description == prints[0].description)
    }
}
