import Checkpoints
import Compute
import Foundation
import TestSupport
import Testing

@testable import Models

/// What the keys and tensors of a GGUF file mean beyond those that every published one has.
@Suite struct GGUFModelTests {
    private func rotary(_ keys: [(String, GGUFFixture.Value)]) throws -> RotarySettings {
        try configuration(keys).rotary
    }

    private func configuration(_ keys: [(String, GGUFFixture.Value)]) throws -> Qwen3Configuration {
        var fixture = try GGUFFixture()
        for (key, value) in keys {
            fixture.keys.removeAll { $0.0 == "qwen3.\(key)" }
            fixture.keys.append(("qwen3.\(key)", value))
        }
        return try fixture.open { try ModelLoader.configuration(of: $0) }
    }

    private static let yarn: [(String, GGUFFixture.Value)] = [
        ("rope.scaling.type", .string("yarn")), ("rope.scaling.factor", .float32(4)),
        ("rope.scaling.original_context_length", .uint32(256)), ("context_length", .uint32(256)),
    ]

    private func attentionFactor(_ keys: [(String, GGUFFixture.Value)]) throws -> Double {
        guard case .yarn(let yarn) = try rotary(Self.yarn + keys).scaling else { return .nan }
        return yarn.attentionFactor
    }

    /// The converter writes transformers' `attention_factor`, which stands in for the one that follows from the factor.
    @Test func anAttentionFactorReplacesAndAMultiplierMultiplies() throws {
        let own = 0.1 * log(4.0) + 1
        #expect(try attentionFactor([]) == own)
        #expect(try attentionFactor([("rope.scaling.yarn_attn_factor", .float32(1.5))]) == 1.5)
        #expect(try attentionFactor([("rope.scaling.attn_factor", .float32(1.5))]) == 1.5 * own)
    }

    @Test func yarnBringsTheContextFurther() throws {
        #expect(try configuration(Self.yarn).contextLength == 1024)
        #expect(try configuration([("context_length", .uint32(256))]).contextLength == 256)
    }

    @Test(arguments: ["rope.scaling.factor", "rope.scale_linear"])
    func aFactorWithoutATypeIsLinear(key: String) throws {
        #expect(try rotary([(key, .float32(4))]).scaling == .linear(factor: 4))
        #expect(try rotary([(key, .float32(0))]).scaling == .none)
        #expect(try rotary([(key, .float32(1))]).scaling == .none)
        #expect(try rotary([(key, .float32(4)), ("rope.scaling.type", .string("none"))]).scaling == .none)
        #expect(throws: ModelError.self) { try rotary([(key, .float32(-4))]) }
    }

    @Test func expertsWithoutAWidthShareTheDenseOne() throws {
        var fixture = try GGUFFixture()
        fixture.keys = fixture.keys.map { ($0.0.replacing("qwen3.", with: "qwen3moe."), $0.1) }
        fixture.keys[0].1 = .string("qwen3moe")
        fixture.keys += [("qwen3moe.expert_count", .uint32(8)), ("qwen3moe.expert_used_count", .uint32(4))]
        let configuration = try fixture.open { try ModelLoader.configuration(of: $0) }
        #expect(configuration.mixture?.feedForwardSize == configuration.feedForwardSize / 4)
    }

    @Test func fusedProjectionsGiveTheSameLogits() throws {
        let apart = try GGUFFixture()
        var fused = apart
        for layer in 0..<4 {
            let names = ["q", "k", "v"].map { "blk.\(layer).attn_\($0).weight" }
            let parts = try names.map { name in try #require(apart.tensors.first { $0.name == name }) }
            let rows = parts.reduce(0) { $0 + $1.shape[0] }
            fused.tensors.removeAll { names.contains($0.name) }
            fused.tensors.append(
                .init(
                    name: "blk.\(layer).attn_qkv.weight",
                    shape: [rows, parts[0].shape[1]],
                    bytes: parts.flatMap(\.bytes)
                )
            )
        }
        #expect(fused.tensors.count == apart.tensors.count - 8)
        let (expected, found) = (try logits(apart), try logits(fused))
        #expect(expected.logits == found.logits)
        #expect(expected.plan == found.plan)
        fused.tensors[fused.tensors.count - 1].shape[0] -= 1
        fused.tensors[fused.tensors.count - 1].bytes.removeLast(4 * 64)
        #expect(throws: ModelError.self) { try logits(fused) }
    }

    private func logits(_ fixture: GGUFFixture) throws -> (logits: [[Float]], plan: MemoryPlan) {
        try fixture.open { checkpoint in
            let model = try ModelLoader.load(checkpoint, pool: WorkerPool(threadCount: 1))
            model.prepare(rowLimit: 8, logitRowLimit: 8)
            let rows = try ModelRun(model).feed([3, 141, 59, 26, 535], logitsAt: [0, 4])
            return (rows, try ModelLoader.describe(checkpoint))
        }
    }
}
