import Checkpoints
import Compute
import Foundation
import JSON
import Models
import TestSupport
import Testing
import Tokens

@Suite struct ModelLoadingTests {
    /// A copy of a fixture's folder whose files a test may change; gone with the value.
    private final class Copy {
        let path: String

        init(_ model: String) throws {
            path = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)").path
            try FileManager.default.copyItem(atPath: Fixtures.path("models/\(model)/hf"), toPath: path)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        func change(_ file: String, _ body: (inout String) -> Void) throws {
            let url = URL(filePath: "\(path)/\(file)")
            var text = try String(contentsOf: url, encoding: .utf8)
            body(&text)
            try Data(text.utf8).write(to: url)
        }

        /// Renames a tensor in a safetensors header; the names must be of one length.
        func rename(_ old: String, _ new: String) throws {
            #expect(old.utf8.count == new.utf8.count)
            let url = URL(filePath: "\(path)/model.safetensors")
            var data = try Data(contentsOf: url)
            let range = try #require(data.firstRange(of: Data("\"\(old)\"".utf8)))
            data.replaceSubrange(range, with: Data("\"\(new)\"".utf8))
            try data.write(to: url)
        }

        var failure: String {
            do {
                _ = try ModelLoader.load(Checkpoint.open(path), pool: WorkerPool(threadCount: 1))
                return "it loaded"
            } catch {
                return "\(error)"
            }
        }
    }

    @Test func aMissingTensorIsNamed() throws {
        let copy = try Copy("dense-tied")
        try copy.rename("model.layers.2.mlp.up_proj.weight", "model.layers.2.mlp.op_proj.weight")
        #expect(copy.failure.contains("expected the tensor model.layers.2.mlp.up_proj.weight, found none"))
    }

    @Test func aMissingBiasIsNamed() throws {
        let copy = try Copy("dense-untied")
        try copy.change("config.json") { $0.replace("\"attention_bias\": false", with: "\"attention_bias\": true") }
        #expect(copy.failure.contains("expected the tensor model.layers.0.self_attn.q_proj.bias, found none"))
    }

    @Test func aBiasThatNobodyAnnouncedIsRefused() throws {
        let copy = try Copy("dense-bias")
        try copy.change("config.json") { $0.replace("\"attention_bias\": true", with: "\"attention_bias\": false") }
        #expect(copy.failure.contains("only tensors of Qwen3"))
    }

    @Test func shapesAreHeldAgainstTheConfiguration() throws {
        let copy = try Copy("dense-tied")
        try copy.change("config.json") { $0.replace("\"intermediate_size\": 160", with: "\"intermediate_size\": 96") }
        #expect(
            copy.failure.contains("expected the configuration's shape [96, 64], found model.layers.0.mlp.gate_proj"))
        let other = try Copy("moe")
        try other.change("config.json") { $0.replace("\"num_experts\": 16", with: "\"num_experts\": 17") }
        #expect(other.failure.contains("model.layers.0.mlp.gate.weight of shape [16, 64]"))
    }

    @Test func aConfigurationAloneDoesNotLoad() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("qwen3/configs/Qwen3-8B.config.json"))
        let error = #expect(throws: ModelError.self) {
            try ModelLoader.load(checkpoint, pool: WorkerPool(threadCount: 1))
        }
        #expect(error?.description.contains("expected weights, found a bare config.json") == true)
        let vocabulary = try Checkpoint.open(Fixtures.path("qwen3/qwen3-vocab.gguf"))
        #expect(throws: ModelError.self) { try ModelLoader.describe(vocabulary) }
    }

    @Test func progressReachesTheWhole() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/hf"))
        var seen: [LoadingProgress] = []
        _ = try ModelLoader.load(checkpoint, pool: WorkerPool(threadCount: 1)) { seen.append($0) }
        #expect(seen.last?.fraction == 1)
        #expect(seen.last?.totalByteCount == checkpoint.tensors.reduce(0) { $0 + $1.byteCount })
        #expect(zip(seen, seen.dropFirst()).allSatisfy { $0.loadedByteCount < $1.loadedByteCount })
    }

    @Test func aBatchThatWantsNoLogitsGetsNone() throws {
        let model = try ModelRun.load("dense-tied/hf")
        let run = try ModelRun(model)
        #expect(run.feed([1, 2, 3], logitsAt: []).isEmpty)
        let whole = try ModelRun(model).feed([1, 2, 3, 4])
        #expect(run.feed([4]) == whole)
    }

    @Test func cachesTellTheirSize() throws {
        let model = try ModelRun.load("dense-tied/hf")
        for format in KVCacheFormat.allCases {
            let cache = try model.makeCache(blockCount: 3, blockLength: 32, format: format)
            let perBlock = KVCacheStorage.blockByteCount(shape: model.shape, blockLength: 32, format: format)
            #expect(cache.byteCount == 3 * perBlock)
            // Bytes of 32 numbers.
            let bytes = [KVCacheFormat.f32: 128, .f16: 64, .bf16: 64, .q8_0: 34][format]
            #expect(perBlock == bytes.map { 4 * 2 * 2 * 32 * $0 })
        }
        #expect(throws: ModelError.self) {
            _ = try model.makeCache(blockCount: .max / 64, blockLength: 32, format: .f16)
        }
    }
}
