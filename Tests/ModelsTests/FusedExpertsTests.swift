import Checkpoints
import Foundation
import TestSupport
import Testing

/// The spelling in which transformers 5 holds a layer's experts: one tensor for gate and up, one for down.
@Suite struct FusedExpertsTests {
    private struct Tensor {
        let name: String
        let shape: [Int]
        let bytes: [UInt8]
    }

    /// The checkpoint's tensors with the experts of each layer fused.
    private func fused(_ checkpoint: Checkpoint, layerCount: Int, expertCount: Int) throws -> [Tensor] {
        var tensors = checkpoint.tensors.filter { !$0.name.contains(".experts.") }.map { record in
            Tensor(name: record.name, shape: record.shape, bytes: Array(record.bytes))
        }
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
                Tensor(name: "\(prefix).gate_up_proj", shape: [expertCount, 2 * inner, hidden], bytes: both))
            tensors.append(Tensor(name: "\(prefix).down_proj", shape: [expertCount, hidden, inner], bytes: down))
        }
        return tensors
    }

    private func write(_ tensors: [Tensor], to path: String) throws {
        var offset = 0
        let entries = tensors.map { tensor in
            defer { offset += tensor.bytes.count }
            let range = "[\(offset),\(offset + tensor.bytes.count)]"
            return "\"\(tensor.name)\":{\"dtype\":\"BF16\",\"shape\":\(tensor.shape),\"data_offsets\":\(range)}"
        }
        let header = "{\(entries.joined(separator: ","))}"
        var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
        data.append(contentsOf: header.utf8)
        for tensor in tensors { data.append(contentsOf: tensor.bytes) }
        try data.write(to: URL(filePath: path))
    }

    @Test func fusedExpertsGiveTheSameLogits() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "ponder-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let checkpoint = try Checkpoint.open(Fixtures.path("models/moe/hf"))
        try write(fused(checkpoint, layerCount: 3, expertCount: 16), to: "\(folder.path)/model.safetensors")
        try Data(Fixtures.bytes("models/moe/hf/config.json")).write(to: folder.appending(path: "config.json"))
        let tokens = [3, 141, 59, 26, 535]
        let apart = try ModelRun(ModelRun.load("moe/hf")).feed(tokens, logitsAt: [0, 4])
        let together = try ModelRun(ModelRun.load(at: folder.path)).feed(tokens, logitsAt: [0, 4])
        #expect(apart == together)
    }
}
