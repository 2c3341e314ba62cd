import Checkpoints
import Compute
import Foundation
import Models
import TestSupport
import Testing

/// Checkpoints whose configuration ties the head to the embedding, and what their tensors say to that.
@Suite struct TiedHeadTests {
    private static let tokens = [3, 141, 59, 26, 535]
    private let embeddingName = "model.embed_tokens.weight"
    private let headName = "lm_head.weight"

    /// The last token's logits and the plan of the tied fixture, with its tensors changed.
    private func run(
        _ change: (inout [WrittenTensor]) throws -> Void
    ) throws -> (logits: [[Float]], plan: MemoryPlan) {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var tensors = try Checkpoint.open(Fixtures.path("models/dense-tied/hf")).tensors.map(WrittenTensor.init)
        try change(&tensors)
        try writeSafetensors(tensors, to: "\(folder.path)/model.safetensors")
        try Data(Fixtures.bytes("models/dense-tied/hf/config.json")).write(to: folder.appending(path: "config.json"))
        let plan = try ModelLoader.describe(Checkpoint.open(folder.path))
        return (try ModelRun(ModelRun.load(at: folder.path)).feed(Self.tokens, logitsAt: [0, 4]), plan)
    }

    private func embedding(_ tensors: [WrittenTensor]) throws -> WrittenTensor {
        try #require(tensors.first { $0.name == embeddingName })
    }

    @Test func aStoredCopyCountsOnceAndChangesNothing() throws {
        let plain = try run { _ in }
        let copied = try run { tensors in
            var head = try embedding(tensors)
            head.name = headName
            tensors.append(head)
        }
        #expect(copied.logits == plain.logits)
        #expect(copied.plan.lines == plain.plan.lines)
    }

    @Test func aStoredHeadThatDiffersIsTheHead() throws {
        let plain = try run { _ in }
        let twice = try run { tensors in
            var head = try embedding(tensors)
            head.name = headName
            // BF16 times two: one more in the exponent, which begins at bit 7.
            for index in stride(from: 0, to: head.bytes.count, by: 2) {
                let bits = UInt16(head.bytes[index]) | UInt16(head.bytes[index + 1]) << 8
                let doubled = bits & 0x7f80 == 0 ? bits : bits + 0x80
                head.bytes[index] = UInt8(doubled & 0xff)
                head.bytes[index + 1] = UInt8(doubled >> 8)
            }
            tensors.append(head)
        }
        #expect(twice.logits == plain.logits.map { $0.map { $0 * 2 } })
        #expect(twice.plan.parameterCount > plain.plan.parameterCount)
    }

    @Test func theHeadAloneIsTheEmbeddingToo() throws {
        let plain = try run { _ in }
        let moved = try run { tensors in
            let index = try #require(tensors.firstIndex { $0.name == embeddingName })
            tensors[index].name = headName
        }
        #expect(moved.logits == plain.logits)
    }

    @Test func aTensorWithoutAPlaceIsRefusedBeforeLoading() throws {
        let error = #expect(throws: ModelError.self) {
            try run { tensors in
                tensors.append(WrittenTensor(name: "model.layers.0.self_attn.q_proj.bias", shape: [1], bytes: [0, 0]))
            }
        }
        #expect(error?.description.contains("only tensors of Qwen3") == true)
    }
}
