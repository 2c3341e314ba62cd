import Checkpoints
import Foundation
import JSON
import TestSupport
import Testing

@Suite struct FixtureCheckpointTests {
    static let folders = ["dense-fullvocab", "dense-k", "dense-tied", "dense-untied", "dense-yarn", "moe", "moe-mixed"]
    static let ggufFolders = ["dense-k", "dense-tied", "dense-untied", "dense-yarn", "moe", "moe-k"]

    @Test(arguments: folders) func checkpointFoldersOpen(name: String) throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/\(name)/hf"))
        #expect(checkpoint.kind == .safetensors)
        #expect(checkpoint.tensors.allSatisfy { $0.format == .bf16 })
        #expect(checkpoint.tensor(named: "model.embed_tokens.weight") != nil)
        #expect(checkpoint.configuration?["model_type"] != nil)
        #expect(checkpoint.generationConfiguration != nil)
    }

    @Test(arguments: ggufFolders) func ggufFilesHoldTheTypesTheyWereWrittenWith(name: String) throws {
        let reference = try JSONValue(parsing: Fixtures.bytes("models/\(name)/ref/gguf.json"))
        var opened = 0
        for (_, entry) in try #require(reference.objectValue) {
            let file = try #require(entry["file"]?.stringValue).replacing("../", with: "models/\(name)/")
            guard FileManager.default.fileExists(atPath: Fixtures.path(file)) else { continue }
            let checkpoint = try Checkpoint.open(Fixtures.path(file))
            let counts = Dictionary(checkpoint.tensors.map { ($0.format.name, 1) }, uniquingKeysWith: +)
            for (type, count) in try #require(entry["tensor_types"]?.objectValue) {
                #expect(counts[type] == count.intValue)
            }
            opened += 1
        }
        #expect(opened > 0)
    }

    @Test func theVocabularyFileReadsQuickly() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("qwen3/qwen3-vocab.gguf"))
        let metadata = try #require(checkpoint.metadata)
        #expect(try metadata.elementCount("tokenizer.ggml.tokens") == 151_936)
        #expect(try metadata.strings("tokenizer.ggml.tokens")?.count == 151_936)
        #expect(try metadata.integers("tokenizer.ggml.token_type")?.count == 151_936)
        #expect(try metadata.strings("tokenizer.ggml.merges")?.first == "Ġ Ġ")
        #expect(try metadata.string("tokenizer.ggml.pre") == "qwen2")
    }

    @Test func bothContainersHoldTheSameWeights() throws {
        let folder = try Checkpoint.open(Fixtures.path("models/dense-tied/hf"))
        let file = try Checkpoint.open(Fixtures.path("models/dense-tied/gguf/dense-tied-F32.gguf"))
        let brain = try #require(folder.tensor(named: "model.layers.1.mlp.down_proj.weight"))
        let single = try #require(file.tensor(named: "blk.1.ffn_down.weight"))
        #expect(brain.shape == single.shape)
        for index in 0..<brain.elementCount {
            let wide = single.bytes.loadUnaligned(fromByteOffset: 4 * index, as: UInt32.self)
            let narrow = brain.bytes.loadUnaligned(fromByteOffset: 2 * index, as: UInt16.self)
            #expect(UInt32(narrow) << 16 == wide)
        }
    }

    @Test func releasedPagesComeBack() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/hf/model.safetensors"))
        let tensor = try #require(checkpoint.tensor(named: "model.embed_tokens.weight"))
        let before = Array(tensor.bytes)
        tensor.releasePages(of: tensor.bytes)
        #expect(Array(tensor.bytes) == before)
        checkpoint.releasePages()
        #expect(Array(tensor.bytes) == before)
    }
}
