import Checkpoints
import Foundation
import TestSupport
import Testing

/// The spelling in which transformers 5 holds a layer's experts: one tensor for gate and up, one for down.
@Suite struct FusedExpertsTests {
    /// The checkpoint's tensors with the experts of each layer fused.
    private func fused(_ checkpoint: Checkpoint, layerCount: Int, expertCount: Int) throws -> [WrittenTensor] {
        var tensors = checkpoint.tensors.filter { !$0.name.contains(".experts.") }.map(WrittenTensor.init)
        for layer in 0..<layerCount {
            let prefix = "model.layers.\(layer).mlp.experts"
            var both: [UInt8] = []
            var down: [UInt8] = []
            var shapes: [[Int]] = []
            for expert in 0..<expertCount {
                let records = try ["gate_proj", "up_proj", "down_proj"].map { part in
                    try #require(checkpoint.tensor(named: "\(prefix).\(expert).\(part).weight"))
                }
                both.append(contentsOf: records[0].bytes)
                both.append(contentsOf: records[1].bytes)
                down.append(contentsOf: records[2].bytes)
                shapes = records.map(\.shape)
            }
            let (inner, hidden) = (shapes[0][0], shapes[0][1])
            tensors.append(
                WrittenTensor(name: "\(prefix).gate_up_proj", shape: [expertCount, 2 * inner, hidden], bytes: both))
            tensors.append(
                WrittenTensor(name: "\(prefix).down_proj", shape: [expertCount, hidden, inner], bytes: down))
        }
        return tensors
    }

    @Test func fusedExpertsGiveTheSameLogits() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/hf"))
        try writeSafetensors(fused(checkpoint, layerCount: 3, expertCount: 16), to: "\(folder.path)/model.safetensors")
        try Data(Fixtures.bytes("models/moe/hf/config.json")).write(to: folder.appending(path: "config.json"))
        let tokens = [3, 141, 59, 26, 535]
        let apart = try ModelRun(ModelRun.load("moe/hf")).feed(tokens, logitsAt: [0, 4])
        let together = try ModelRun(ModelRun.load(at: folder.path)).feed(tokens, logitsAt: [0, 4])
        #expect(apart == together)
    }
}
