import Checkpoints
import Compute
import Foundation
import TestSupport
import Testing

@testable import Models

/// Float weights that are quantised as they are read, and the files that keep them for the next start.
@Suite struct QuantizedLoadingTests {
    private final class Folder {
        let path = NSTemporaryDirectory() + "ponder-\(UUID().uuidString)"

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? [] }
    }

    private struct Loaded {
        var logits: [Float]
        var progress: [LoadingProgress]
    }

    private func load(
        _ path: String, _ quantization: Quantization, cache: String? = nil, tiles: String? = nil
    ) throws -> Loaded {
        var seen: [LoadingProgress] = []
        let weights = WeightOptions(
            quantization: quantization, tileCache: tiles.map { TileCache(folder: $0) },
            quantizedCache: cache.map { QuantizedCache(folder: $0) })
        let model = try ModelLoader.load(Checkpoint.open(path), pool: WorkerPool(threadCount: 2), weights: weights) {
            seen.append($0)
        }
        model.prepare(rowLimit: 8, logitRowLimit: 8)
        return Loaded(logits: try ModelRun(model).feed([1, 2, 3, 4, 5]), progress: seen)
    }

    /// llama.cpp's quantiser made the file of the same weights.
    @Test(arguments: [("dense-k/hf", "dense-k/gguf/dense-k-Q8_0.gguf"), ("moe/hf", "moe/gguf/moe-Q8_0.gguf")])
    func q8_0ComputesTheBitsOfLlamasFile(model: String, file: String) throws {
        let quantized = try load(Fixtures.path("models/\(model)"), .q8_0)
        #expect(try quantized.logits == load(Fixtures.path("models/\(file)"), .automatic).logits)
        #expect(quantized.progress.allSatisfy { $0.isQuantizing })
        #expect(quantized.progress.last?.fraction == 1)
    }

    @Test(arguments: [(Quantization.q4_K_M, "Q4_K_M"), (.q6_K, "Q6_K"), (.q8_0, "Q8_0")])
    func recipesAreLlamas(quantization: Quantization, name: String) throws {
        let file = try Checkpoint.open(Fixtures.path("models/dense-k/gguf/dense-k-\(name).gguf"))
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-k/hf"))
        let locator = Qwen3WeightLocator(
            checkpoint: checkpoint, configuration: try ModelLoader.configuration(of: checkpoint),
            quantization: quantization)
        for weight in locator.configuration.weights where !weight.slot.isVector {
            let name = weight.name(weight.slot.names.gguf)
            #expect(try locator.sources(of: weight)[0].target == file.tensor(named: name)?.format, "\(name)")
        }
    }

    @Test func theSameGoesForAFileOfGGUF() throws {
        let float = Fixtures.path("models/dense-tied/gguf/dense-tied-F32.gguf")
        let quantized = try load(float, .q8_0).logits
        #expect(try quantized == load(Fixtures.path("models/dense-tied/hf"), .q8_0).logits)
        let already = Fixtures.path("models/dense-k/gguf/dense-k-Q4_K_M.gguf")
        #expect(try load(already, .q8_0).logits == load(already, .automatic).logits)
    }

    @Test(arguments: ["dense-k/hf", "moe/hf", "dense-tied/gguf/dense-tied-F32.gguf"], [Quantization.q8_0, .q4_K_M])
    func theSecondStartReadsWhatTheFirstWrote(model: String, quantization: Quantization) throws {
        let folder = Folder()
        let path = Fixtures.path("models/\(model)")
        let first = try load(path, quantization, cache: "\(folder.path)/a/b")
        let written = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a/b")
        #expect(written.count == 1 && written[0].hasSuffix(".gguf") && written[0].contains(quantization.rawValue))
        let second = try load(path, quantization, cache: "\(folder.path)/a/b")
        #expect(second.logits == first.logits)
        #expect(!second.progress.contains { $0.isQuantizing })
        #expect(first.progress.last?.notices == [] && second.progress.last?.notices == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/a/b") == written)
    }

    @Test func recipesHaveFilesOfTheirOwn() throws {
        let folder = Folder()
        let path = Fixtures.path("models/dense-k/hf")
        for quantization in [Quantization.q8_0, .q4_K_M, .q8_0] {
            _ = try load(path, quantization, cache: folder.path)
        }
        #expect(folder.names.count == 2)
        _ = try load(path, .automatic, cache: folder.path)
        #expect(folder.names.count == 2)
    }

    @Test func whatIsDamagedOrOfAnotherCheckpointIsWrittenAgain() throws {
        let (folder, source) = (Folder(), Folder())
        try FileManager.default.copyItem(atPath: Fixtures.path("models/dense-k/hf"), toPath: source.path)
        let expected = try load(source.path, .q8_0, cache: folder.path).logits
        let url = URL(filePath: "\(folder.path)/\(try #require(folder.names.first))")
        let whole = try Data(contentsOf: url)
        for damaged in [whole.dropLast(40), Data("GGUF".utf8), Data(), Data("x".utf8) + whole.dropFirst()] {
            try damaged.write(to: url)
            #expect(try load(source.path, .q8_0, cache: folder.path).logits == expected)
            #expect(try Data(contentsOf: url) == whole)
        }
        let file = URL(filePath: "\(source.path)/model.safetensors")
        var data = try Data(contentsOf: file)
        for index in data.count - 9_000..<data.count { data[index] ^= 0x01 }
        try data.write(to: file)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: file.path)
        let changed = try load(source.path, .q8_0).logits
        #expect(try load(source.path, .q8_0, cache: folder.path).logits == changed)
        #expect(folder.names.count == 1)
    }

    /// Wherever it is: in the head, where something depends on it, and in every tensor.
    @Test func aBitThatFlippedIsFound() throws {
        let folder = Folder()
        let path = Fixtures.path("models/moe/hf")
        let expected = try load(path, .q8_0, cache: folder.path).logits
        let url = URL(filePath: "\(folder.path)/\(try #require(folder.names.first))")
        let whole = try Data(contentsOf: url)
        for tensor in try Checkpoint.open(url.path).tensors {
            var damaged = whole
            damaged[tensor.fileOffset + tensor.byteCount / 2] ^= 0x10
            try damaged.write(to: url)
            let loaded = try load(path, .q8_0, cache: folder.path)
            #expect(loaded.logits == expected, "\(tensor.name)")
            let notices = loaded.progress.last?.notices ?? []
            #expect(notices.count == 1 && notices[0].contains("damaged and made anew"), "\(tensor.name)")
            #expect(try Data(contentsOf: url) == whole)
        }
        #expect(try load(path, .q8_0, cache: folder.path).progress.last?.notices == [])
    }

    @Test func whatIsKeptSaysOfWhatItIs() throws {
        let folder = Folder()
        for (model, quantization) in [
            ("dense-k/hf", Quantization.q4_K_M), ("dense-tied/gguf/dense-tied-F32.gguf", .q8_0),
        ] {
            _ = try load(Fixtures.path("models/\(model)"), quantization, cache: folder.path)
        }
        try Data("GGUF".utf8).write(to: URL(filePath: "\(folder.path)/other.gguf"))
        let copies = QuantizedCache(folder: folder.path).copies
        #expect(copies.map(\.recipe) == ["q8_0", "q4_k_m"])
        #expect(copies[0].checkpoint == Fixtures.path("models/dense-tied/gguf/dense-tied-F32.gguf"))
        #expect(copies[1].checkpoint == Fixtures.path("models/dense-k/hf/model.safetensors"))
        for copy in copies {
            let attributes = try FileManager.default.attributesOfItem(atPath: copy.path)
            #expect((attributes[.size] as? NSNumber)?.intValue == copy.byteCount)
        }
        #expect(QuantizedCache(folder: "/proc/none").copies == [])
    }

    @Test func whereNothingCanBeKeptTheModelLoadsWithANotice() throws {
        let path = Fixtures.path("models/dense-k/hf")
        let expected = try load(path, .q8_0).logits
        let loaded = try load(path, .q8_0, cache: "/proc/none")
        #expect(loaded.logits == expected)
        let notices = loaded.progress.last?.notices ?? []
        #expect(notices.count == 1 && notices[0].contains("not kept for the next start"))
    }

    @Test func aTileCacheNeedsNoOther() throws {
        let (folder, tiles) = (Folder(), Folder())
        try FileManager.default.createDirectory(atPath: tiles.path, withIntermediateDirectories: true)
        let path = Fixtures.path("models/dense-k/hf")
        let expected = try load(path, .q4_K_M).logits
        for isQuantizing in [true, false] {
            let loaded = try load(path, .q4_K_M, cache: folder.path, tiles: tiles.path)
            #expect(loaded.logits == expected && loaded.progress.first?.isQuantizing == isQuantizing)
        }
        _ = try load(path, .automatic, tiles: tiles.path)
        #expect(folder.names.isEmpty && tiles.names.count == 2)
    }

    @Test func aFileThatTheDiskDoesNotHoldIsRefused() throws {
        let tensor = GGUFHead.Tensor(name: "a", shape: [1 << 20, 1 << 30], format: .f32)
        let head = try #require(GGUFHead(keys: [], tensors: [tensor]))
        let refusal = #expect(throws: QuantizedFile.Refusal.self) {
            try QuantizedFile(path: "\(NSTemporaryDirectory())/ponder-none.gguf", head: head, rowByteCounts: [4 << 30])
        }
        #expect(refusal?.reason.contains("free") == true)
    }

    @Test func plansCountWhatTheWeightsBecome() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-k/hf"))
        let plain = try ModelLoader.describe(checkpoint)
        let quantized = try ModelLoader.describe(checkpoint, quantization: .q8_0)
        let file = try ModelLoader.describe(Checkpoint.open(Fixtures.path("models/dense-k/gguf/dense-k-Q8_0.gguf")))
        #expect(quantized.residentByteCount == file.residentByteCount)
        #expect(quantized.weightByteCount == plain.weightByteCount)
        #expect(quantized.mainFormat == "Q8_0")
        #expect(quantized.lines.contains { $0.formats == ["BF16 as Q8_0"] })
    }

    /// Before a model is fetched, its plan must be that of its weights.
    @Test(
        arguments: EncodedCheckpointTests.names.map { "quantized/\($0)" } + ["models/dense-k/hf", "models/moe/hf"],
        [Quantization.automatic, .none, .q8_0, .q4_K_M])
    func aConfigurationAloneIsPlannedAsItsCheckpoint(path: String, quantization: Quantization) throws {
        func plan(_ path: String) throws -> MemoryPlan {
            try ModelLoader.describe(Checkpoint.open(Fixtures.path(path)), quantization: quantization)
        }
        let (whole, alone) = (try plan(path), try plan("\(path)/config.json"))
        #expect(alone.residentByteCount == whole.residentByteCount)
        #expect(alone.mainFormat == whole.mainFormat && alone.parameterCount == whole.parameterCount)
        for (line, other) in zip(alone.lines, whole.lines) {
            #expect(line.residentByteCount == other.residentByteCount, "\(line.weightClass)")
            // How scales and zero points are stored is the quantiser's choice.
            let difference = Double(line.byteCount) / Double(other.byteCount)
            #expect(0.95...1.05 ~= difference, "\(line.weightClass)")
        }
    }

    @Test func namesAreReadAsPeopleWriteThem() {
        #expect(Quantization(name: "Q4_K") == .q4_K_M && Quantization(name: "q4_k_m") == .q4_K_M)
        #expect(Quantization(name: "Q8_0") == .q8_0 && Quantization(name: "auto") == .automatic)
        #expect(Quantization(name: "q3_k") == nil && Quantization(name: "") == nil)
    }
}
