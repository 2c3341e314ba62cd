import Checkpoints
import Compute
import Foundation
import JSON
import Models
import TestSupport
import Testing
import Tokens

/// Whatever a checkpoint says about itself, the answer is a plan, a model that runs, or one line.
@Suite struct HostileModelTests {
    private static let hostile: [JSONValue?] = [
        nil, .null, 0, -1, 1, 2, 3, 7, 64, 255, 65_537, 2_147_483_648, 9_223_372_036_854_775_807, 1.5, 1e300,
        true,
        false, "", "yarn", [], [0, 0, -1], [99], ["sliding_attention"], [:],
        ["rope_type": "yarn", "factor": 1e300, "original_max_position_embeddings": 1],
        ["rope_type": "yarn", "beta_fast": 0, "beta_slow": 1e300, "rope_theta": 1.0001],
        ["type": "linear", "factor": 0], ["type": "yarn", "factor": -1e300],
    ]
    private let pool = WorkerPool(threadCount: 1)

    /// Loads a checkpoint and runs three tokens; its error is one line.
    private func attempt(_ checkpoint: Checkpoint) throws -> Bool {
        do {
            #expect(!(try ModelLoader.describe(checkpoint).description.isEmpty))
            let model = try ModelLoader.load(checkpoint, pool: pool)
            model.prepare(rowLimit: 4, logitRowLimit: 4)
            let tokens = [0, 1, model.shape.vocabularySize - 1]
            return try ModelRun(model, positionLimit: 32).feed(tokens, logitsAt: [2]).count == 1
        } catch {
            let line = "\(error)"
            #expect(!line.isEmpty && !line.contains("\n"))
            return false
        }
    }

    @Test(arguments: ["dense-tied", "moe-mixed"]) func noConfigurationCrashes(name: String) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.copyItem(atPath: Fixtures.path("models/\(name)/hf"), toPath: folder.path)
        defer { try? FileManager.default.removeItem(at: folder) }
        let published = try JSONValue(parsing: Fixtures.bytes("models/\(name)/hf/config.json"))
        let original = try #require(published.objectValue)
        var numbers = SeededNumbers(state: 5)
        var ran = 0
        for round in 0..<150 {
            var object = original
            for _ in 0..<Int.random(in: 1...2, using: &numbers) {
                let keys = object.keys + ["rope_parameters", "num_local_experts", "quantization_config", "layer_types"]
                object[keys.randomElement(using: &numbers) ?? ""] = Self.hostile.randomElement(using: &numbers) ?? nil
            }
            let file = folder.appending(path: "config.json")
            try Data(JSONValue.object(object).serializedBytes()).write(to: file)
            if try attempt(Checkpoint.open(folder.path)) { ran += 1 }
            if round % 3 == 0 { _ = try? ModelLoader.describe(Checkpoint.open(file.path)).description }
        }
        #expect(ran > 10 && ran < 140)
    }

    @Test func whatAFileSaysIsShownAsOneLine() {
        let text = "yarn\n\u{1b}[31m" + String(repeating: "a", count: 70_000)
        for error: ModelError in [
            .unsupportedArchitecture(source: text, found: text),
            .unsupportedSetting(source: text, key: text, found: text, reason: text),
            .invalidSetting(source: text, key: text, expected: text, found: text),
            .outOfMemory(purpose: text, byteCount: 1),
        ] {
            let line = error.description
            #expect(line.count < 600 && line.contains("yarn??[31m"))
            #expect(!line.contains("\n") && !line.contains("\u{1b}"))
        }
    }

    /// Bytes changed among the keys at a file's start and in its list of tensors.
    @Test(arguments: ["dense-yarn", "moe"]) func noDamagedHeadCrashes(name: String) throws {
        let original = try Fixtures.bytes("models/\(name)/gguf/\(name)-Q8_0.gguf")
        let list = try #require(Data(original).firstRange(of: Data("token_embd.weight".utf8))).lowerBound
        var numbers = SeededNumbers(state: 9)
        var refused = 0
        for round in 0..<150 {
            let range = round % 2 == 0 ? 24..<1200 : list..<list + 1500
            let (index, old) = (Int.random(in: range, using: &numbers), UInt8.random(in: 0...255, using: &numbers))
            var bytes = original
            bytes[index] = old
            let ran = try bytes.withUnsafeBytes { bytes in
                do {
                    return try attempt(Checkpoint.open(bytes: bytes, name: "damaged.gguf"))
                } catch is CheckpointError {
                    return false
                }
            }
            if !ran { refused += 1 }
        }
        #expect(refused > 25)
    }
}

/// A seeded source of numbers (splitmix64): a test's choices are the same in every run.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
