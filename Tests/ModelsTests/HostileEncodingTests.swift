import Checkpoints
import Compute
import Foundation
import JSON
import Models
import TestSupport
import Testing

/// Quantised checkpoints that are not what they say: one line that names what is wrong, and no trap.
@Suite struct HostileEncodingTests {
    /// A fixture's folder that a test may change.
    private final class Changed {
        let path: String
        var tensors: [WrittenTensor]
        var configuration: JSONObject

        init(_ name: String) throws {
            path = NSTemporaryDirectory() + "ponder-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
            tensors = try Checkpoint.open(Fixtures.path("quantized/\(name)")).tensors.map(WrittenTensor.init)
            let file = try JSONValue(parsing: Fixtures.bytes("quantized/\(name)/config.json"))
            configuration = try #require(file.objectValue)
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func set(_ key: String, _ value: JSONValue?) {
            var settings = configuration["quantization_config"]?.objectValue ?? JSONObject()
            settings[key] = value
            configuration["quantization_config"] = .object(settings)
        }

        func change(_ suffix: String, _ body: (inout WrittenTensor) -> Void) {
            for index in tensors.indices where tensors[index].name.hasSuffix(suffix) { body(&tensors[index]) }
        }

        /// The line that loading ends with; nil where it runs.
        func refusal() throws -> String? {
            try writeSafetensors(tensors, to: "\(path)/model.safetensors")
            try Data(JSONValue.object(configuration).serializedBytes()).write(to: URL(filePath: "\(path)/config.json"))
            do {
                let checkpoint = try Checkpoint.open(path)
                _ = try ModelLoader.describe(checkpoint)
                let model = try ModelLoader.load(checkpoint, pool: WorkerPool(threadCount: 1))
                model.prepare(rowLimit: 4, logitRowLimit: 4)
                _ = try ModelRun(model, positionLimit: 32).feed([1, 2, 3])
                return nil
            } catch {
                let line = "\(error)"
                #expect(!line.contains("\n"))
                return line
            }
        }
    }

    private func refusal(_ name: String, _ change: (Changed) -> Void) throws -> String {
        let changed = try Changed(name)
        change(changed)
        return try changed.refusal() ?? "ran"
    }

    @Test func unchangedCheckpointsRun() throws {
        for name in EncodedCheckpointTests.names {
            #expect(try Changed(name).refusal() == nil)
        }
    }

    @Test func missingPartsAreNamed() throws {
        #expect(
            try refusal("gptq-4-bits") { $0.tensors.removeAll { $0.name.hasSuffix("o_proj.scales") } }
                .contains("expected the tensor model.layers.0.self_attn.o_proj.scales, found none"))
        #expect(
            try refusal("awq-mixture") { $0.tensors.removeAll { $0.name.hasSuffix("experts.2.up_proj.qzeros") } }
                .contains("experts.2.up_proj.qzeros"))
        #expect(
            try refusal("fp8-blocks") { $0.tensors.removeAll { $0.name.hasSuffix("k_proj.weight_scale_inv") } }
                .contains("scales in model.layers.0.self_attn.k_proj.weight_scale_inv"))
        #expect(
            try refusal("gptq-4-bits") { $0.tensors.removeAll { $0.name.hasSuffix("down_proj.qweight") } }
                .contains("model.layers.0.mlp.down_proj.weight"))
    }

    @Test func shapesAndFormatsThatDoNotFitAreNamed() throws {
        #expect(
            try refusal("gptq-4-bits") { $0.change("q_proj.qweight") { $0.shape = [16, 32] } }
                .contains("expected the shape [8, 64]"))
        #expect(
            try refusal("gptq-4-bits") { $0.change("q_proj.scales") { $0.shape.reverse() } }
                .contains("expected the shape [2, 64]"))
        #expect(
            try refusal("fp8-blocks") { $0.change("q_proj.weight_scale_inv") { $0.shape = [2, 1] } }
                .contains("expected the shape [1, 2]"))
        #expect(
            try refusal("compressed-fp8") { $0.change("q_proj.weight_scale") { $0.shape = [8, 8] } }
                .contains("one scale, or one for each of 64 rows"))
        #expect(
            try refusal("awq-mixture") { $0.change("q_proj.qweight") { $0.type = "U32" } }
                .contains("expected one of I32"))
        #expect(try refusal("gptq-4-bits") { $0.set("group_size", 48) }.contains("whole groups of 48 columns"))
        #expect(try refusal("gptq-4-bits") { $0.set("group_size", 0) }.contains("group_size"))
    }

    @Test func groupsThatAreNotThereOrNotInOrderAreNamed() throws {
        let outside = try refusal("gptq-reordered") { $0.change("q_proj.g_idx") { $0.bytes[3] = 0x7f } }
        #expect(outside.contains("A column's group is not one of the 2 that have scales"))
        let mixed = try refusal("gptq-reordered") { $0.set("desc_act", false) }
        #expect(mixed.contains("g_idx") && mixed.contains("desc_act"))
        let zeros = try refusal("gptq-v2-asymmetric") { $0.set("sym", true) }
        #expect(zeros.contains("zero points in the middle, as sym says"))
    }

    @Test func methodsThatAreNotReadAreNamed() throws {
        for (name, key, value, part): (String, String, JSONValue?, String) in [
            ("gptq-4-bits", "quant_method", "bitsandbytes", "Ponder reads fp8, gptq, awq"),
            ("gptq-4-bits", "quant_method", nil, "Ponder reads fp8, gptq, awq"),
            ("gptq-4-bits", "bits", 3, "4 and 8 bits are read"),
            ("gptq-4-bits", "dynamic", ["+:.*": ["bits": 8]], "dynamic"),
            ("gptq-4-bits", "checkpoint_format", "marlin", "gptq and gptq_v2 are read"),
            ("awq-mixture", "version", "gemv", "gemm is read"),
            ("fp8-blocks", "fmt", "e5m2", "only e4m3 is read"),
            ("fp8-blocks", "weight_block_size", [128], "two whole numbers"),
            ("compressed-4-bits", "format", "int-quantized", "float-quantized and pack-quantized are read"),
        ] {
            let line = try refusal(name) { $0.set(key, value) }
            #expect(line.contains(part), "\(line)")
        }
        #expect(
            try refusal("fp8-blocks") { $0.configuration["quantization_config"] = nil }.contains("F8_E4M3 without it"))
    }

    @Test func biasesOfNothingAreNoBiases() throws {
        func bias(_ byte: UInt8) -> WrittenTensor {
            WrittenTensor(
                name: "model.layers.0.self_attn.o_proj.bias", shape: [64], bytes: [UInt8](repeating: byte, count: 128))
        }
        #expect(try refusal("gptq-4-bits") { $0.tensors.append(bias(0)) } == "ran")
        #expect(try refusal("gptq-4-bits") { $0.tensors.append(bias(1)) }.contains("only tensors of Qwen3"))
    }

    @Test func noSettingsTrap() throws {
        let hostile: [JSONValue?] = [
            nil, .null, 0, -1, 1, 2, 7, 32, 64, 65_536, 9_223_372_036_854_775_807, 1.5, true, false, "", "gptq", "awq",
            "fp8", [], [0, -1], [64, 64], [:], ["group_0": ["weights": ["num_bits": 4]]],
        ]
        var numbers = SeededGenerator(seed: 3)
        for name in EncodedCheckpointTests.names {
            let original = try Changed(name)
            let keys = original.configuration["quantization_config"]?.objectValue?.keys ?? []
            for _ in 0..<12 {
                let changed = try Changed(name)
                for _ in 0..<Int.random(in: 1...2, using: &numbers) {
                    changed.set(
                        keys.randomElement(using: &numbers) ?? "", hostile.randomElement(using: &numbers) ?? nil)
                }
                _ = try changed.refusal()
            }
        }
    }
}
