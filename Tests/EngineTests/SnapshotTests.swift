import Checkpoints
import Compute
import Engine
import Foundation
import Models
import Sampling
import TestSupport
import Testing
import Tokens

/// The prefix cache on disk: restored, it gives the bits that it had; a file that is not what was written gives nothing.
@Suite struct SnapshotTests {
    private static let setups: [(model: String, format: KVCacheFormat)] = [
        ("dense-tied", .f16), ("moe", .f16), ("dense-tied", .q8_0),
    ]

    /// A folder that goes with the test.
    private final class Folder: Sendable {
        let path: String

        init() throws {
            path = NSTemporaryDirectory() + "ponder-snapshots-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func file(_ name: String = "a.bin") -> String { "\(path)/\(name)" }
    }

    private func engine(
        _ model: String = "dense-tied", _ format: KVCacheFormat = .f16, blockCount: Int = 64
    ) throws -> InferenceEngine {
        let path = Fixtures.path("models/\(model)/hf")
        return try InferenceEngine(
            configuration: EngineConfiguration(
                stepTokenBudget: 64, cacheSize: .blocks(blockCount), kvCacheFormat: format, sequenceLimit: 8),
            tokenBytes: NumberBytes()
        ) {
            EngineModels(model: try ModelLoader.load(Checkpoint.open(path), pool: WorkerPool(threadCount: 1)))
        }
    }

    private func request(_ seed: UInt64, salt: UInt64 = 0, length: Int = 70) -> GenerationRequest {
        GenerationRequest(
            prompt: randomPrompt(length, seed: seed, vocabularySize: 1500), maximumTokens: 8,
            sampling: SamplingParameters(temperature: 0.8, seed: 3, logProbabilityCount: 3), cacheSalt: salt)
    }

    @Test(arguments: setups)
    func `another process goes on with the same bits`(model: String, format: KVCacheFormat) async throws {
        let folder = try Folder()
        let first = try engine(model, format)
        let cold = await Collected(try first.generate(request(1)))
        let salted = await Collected(try first.generate(request(2, salt: 7)))
        let saved = try await first.perform(.save(path: folder.file(), model: "m"))
        #expect(saved.tokenCount == 128)
        #expect(try Data(contentsOf: URL(filePath: folder.file())).count == saved.byteCount)

        let second = try engine(model, format)
        let restored = try await second.perform(.restore(path: folder.file(), model: "m"))
        #expect(restored.tokenCount == 128)
        #expect(restored.byteCount == saved.byteCount)
        #expect(second.statistics.usedBlockCount == 0)
        let warm = await Collected(try second.generate(request(1)))
        #expect(warm.tokens == cold.tokens)
        #expect(warm.usage.cachedTokens == 64)
        let warmSalted = await Collected(try second.generate(request(2, salt: 7)))
        #expect(warmSalted.tokens == salted.tokens)
        #expect(warmSalted.usage.cachedTokens == 64)
        let stranger = await Collected(try second.generate(request(2)))
        #expect(stranger.usage.cachedTokens == 0)
        // What is known already is neither added twice nor changed.
        _ = try await second.perform(.restore(path: folder.file(), model: "m"))
        #expect(await Collected(try second.generate(request(1))).tokens == cold.tokens)
        #expect(second.statistics.usedBlockCount == 0)
    }

    @Test func `only what finds room is restored, the beginnings first`() async throws {
        let folder = try Folder()
        let first = try engine()
        let cold = await Collected(try first.generate(request(1, length: 300)))
        _ = try await first.perform(.save(path: folder.file(), model: "m"))
        let small = try engine(blockCount: 6)
        let restored = try await small.perform(.restore(path: folder.file(), model: "m"))
        #expect(restored.tokenCount == 6 * 32)
        let warm = await Collected(try small.generate(request(1, length: 100)))
        #expect(warm.usage.cachedTokens == 96)
        #expect(cold.usage.cachedTokens == 0)
    }

    @Test func `what was erased is computed again`() async throws {
        let engine = try engine()
        let cold = await Collected(try engine.generate(request(1)))
        #expect(await Collected(try engine.generate(request(1))).usage.cachedTokens == 64)
        #expect(try await engine.perform(.erase).tokenCount == 64)
        let again = await Collected(try engine.generate(request(1)))
        #expect(again.usage.cachedTokens == 0)
        #expect(again.tokens == cold.tokens)
    }

    @Test func `a snapshot of another model or format is refused`() async throws {
        let folder = try Folder()
        let first = try engine()
        _ = await Collected(try first.generate(request(1)))
        _ = try await first.perform(.save(path: folder.file(), model: "m"))
        for (other, name) in [
            (try engine("moe"), "m"), (try engine("dense-tied", .q8_0), "m"), (try engine(), "other"),
        ] {
            await #expect(throws: SnapshotError.otherModel) {
                try await other.perform(.restore(path: folder.file(), model: name))
            }
            #expect(other.statistics.cachedBlockCount == 0)
        }
    }

    @Test func `a file that is missing, foreign, cut short or changed is refused, and changes no reply`() async throws {
        let folder = try Folder()
        let first = try engine()
        let cold = await Collected(try first.generate(request(1)))
        _ = try await first.perform(.save(path: folder.file(), model: "m"))
        let whole = [UInt8](try Data(contentsOf: URL(filePath: folder.file())))
        let engine = try engine()

        func expect(_ error: SnapshotError, _ bytes: [UInt8]) async throws {
            try Data(bytes).write(to: URL(filePath: folder.file("bad.bin")))
            await #expect(throws: error) {
                try await engine.perform(.restore(path: folder.file("bad.bin"), model: "m"))
            }
        }
        await #expect(throws: SnapshotError.missing) {
            try await engine.perform(.restore(path: folder.file("none.bin"), model: "m"))
        }
        await #expect(throws: SnapshotError.foreign) {
            try await engine.perform(.restore(path: folder.path, model: "m"))
        }
        try await expect(.foreign, [])
        try await expect(.foreign, Array("GGUF and more".utf8))
        var random = SeededGenerator(seed: 9)
        for count in [18, 20, 33, 34, 60, 400, whole.count - 1] {
            try await expect(.damaged, Array(whole.prefix(count)))
        }
        try await expect(.damaged, whole + [0])
        for place in (0..<40).map({ _ in Int.random(in: 18..<whole.count, using: &random) }) + [18, 25, 26, 34, 40] {
            var changed = whole
            changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            try await expect(.damaged, changed)
        }
        try FileManager.default.createSymbolicLink(
            atPath: folder.file("link.bin"), withDestinationPath: folder.file())
        await #expect(throws: SnapshotError.self) {
            try await engine.perform(.restore(path: folder.file("link.bin"), model: "m"))
        }
        #expect(await Collected(try engine.generate(request(1))).tokens == cold.tokens)
        #expect(engine.statistics.usedBlockCount == 0)
    }

    @Test func `a snapshot that cannot be written leaves nothing behind`() async throws {
        let folder = try Folder()
        let engine = try engine()
        await #expect(throws: SnapshotError.self) {
            try await engine.perform(.save(path: folder.file("no/such/folder"), model: "m"))
        }
        try FileManager.default.createDirectory(atPath: folder.file("taken"), withIntermediateDirectories: false)
        await #expect(throws: SnapshotError.self) {
            try await engine.perform(.save(path: folder.file("taken"), model: "m"))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["taken"])
        await engine.drain(deadline: .zero)
        await #expect(throws: AdmissionError.draining) { try await engine.perform(.erase) }
    }
}
