import Checkpoints
import Compute
import Foundation
import Models
import TestSupport
import Testing

@Suite struct TileCacheTests {
    /// A folder of its own for each test, gone afterwards.
    private final class Folder {
        let path: String

        init() throws {
            path = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit {
            try? FileManager.default.removeItem(atPath: path)
        }

        var names: [String] {
            get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
        }

        func logits(_ model: String) throws -> [Float] {
            try logits(path: Fixtures.path("models/\(model)"))
        }

        func logits(path model: String) throws -> [Float] {
            let checkpoint = try Checkpoint.open(model)
            let cache = TileCache(folder: path)
            let loaded = try ModelLoader.load(
                checkpoint, pool: WorkerPool(threadCount: 2), weights: WeightOptions(tileCache: cache))
            loaded.prepare(rowLimit: 8, logitRowLimit: 1)
            return try ModelRun(loaded).feed([1, 2, 3, 4, 5])
        }
    }

    @Test(arguments: ["dense-k/gguf/dense-k-Q4_K_M.gguf", "moe/gguf/moe-Q8_0.gguf", "moe/hf", "dense-untied/hf"])
    func aMappedModelComputesTheSameBits(model: String) throws {
        let folder = try Folder()
        let expected = try ModelRun(ModelRun.load(model)).feed([1, 2, 3, 4, 5])
        #expect(try folder.logits(model) == expected)
        let written = try folder.names
        #expect(written.count == 1)
        #expect(try folder.logits(model) == expected)
        #expect(try folder.names == written)
    }

    @Test func checkpointsHaveFilesOfTheirOwn() throws {
        let folder = try Folder()
        let first = try folder.logits("dense-untied/hf")
        let second = try folder.logits("dense-bias/hf")
        #expect(try folder.names.count == 2)
        #expect(try folder.logits("dense-untied/hf") == first)
        #expect(try folder.logits("dense-bias/hf") == second)
    }

    @Test func aChangedCheckpointIsNotServedFromOldTiles() throws {
        let (folder, source) = (try Folder(), try Folder())
        let model = "\(source.path)/model.gguf"
        try FileManager.default.copyItem(atPath: Fixtures.path("models/moe/gguf/moe-Q8_0.gguf"), toPath: model)
        _ = try folder.logits(path: model)
        // As many bytes, other values: the last tensor's end.
        var data = try Data(contentsOf: URL(filePath: model))
        for index in data.count - 4_000..<data.count { data[index] ^= 0x01 }
        try data.write(to: URL(filePath: model))
        try FileManager.default.setAttributes([.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: model)
        let plain = try ModelRun.load(at: model)
        #expect(try folder.logits(path: model) == ModelRun(plain).feed([1, 2, 3, 4, 5]))
        #expect(try folder.names.count == 2)
    }

    @Test func aDamagedFileIsWrittenAgain() throws {
        let folder = try Folder()
        let expected = try folder.logits("dense-untied/hf")
        let name = try #require(try folder.names.first)
        let url = URL(filePath: "\(folder.path)/\(name)")
        let whole = try Data(contentsOf: url)
        for damaged in [whole.dropLast(1), Data("no tiles".utf8) + whole.dropFirst(8), Data()] {
            try damaged.write(to: url)
            #expect(try folder.logits("dense-untied/hf") == expected)
            #expect(try Data(contentsOf: url) == whole)
            #expect(try folder.names == [name])
        }
    }

    @Test func aFolderThatCannotBeWrittenIsNamed() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-untied/hf"))
        let error = #expect(throws: ModelError.self) {
            try ModelLoader.load(
                checkpoint, pool: WorkerPool(threadCount: 1),
                weights: WeightOptions(tileCache: TileCache(folder: "/no/such/folder")))
        }
        #expect(error?.description.contains("/no/such/folder/") == true)
        #expect(error?.description.contains("No such file or directory") == true)
    }
}
