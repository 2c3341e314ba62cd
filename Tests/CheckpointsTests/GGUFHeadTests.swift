import Checkpoints
import Foundation
import Testing

@Suite struct GGUFHeadTests {
    private let tensors = [
        GGUFHead.Tensor(name: "token_embd.weight", shape: [3, 64], format: .q8_0),
        GGUFHead.Tensor(name: "output_norm.weight", shape: [5], format: .f32),
        GGUFHead.Tensor(name: "blk.0.ffn_up_exps.weight", shape: [2, 3, 256], format: .q4_K),
    ]

    @Test func whatIsWrittenIsReadAgain() throws {
        let head = try #require(GGUFHead(keys: [("general.architecture", "qwen3"), ("a.b", "ä")], tensors: tensors))
        let bytes = head.bytes + [UInt8](repeating: 7, count: head.fileByteCount - head.bytes.count)
        try bytes.withUnsafeBytes { bytes in
            let checkpoint = try Checkpoint.open(bytes: bytes, name: "head.gguf")
            #expect(try checkpoint.metadata?.string("a.b") == "ä")
            #expect(checkpoint.tensors.map(\.name) == tensors.map(\.name))
            #expect(checkpoint.tensors.map(\.shape) == tensors.map(\.shape))
            #expect(checkpoint.tensors.map(\.format) == tensors.map(\.format))
            #expect(checkpoint.tensors.map(\.fileOffset) == head.offsets)
        }
        #expect(head.offsets.allSatisfy { $0 % 32 == 0 })
    }

    @Test func whatGGUFCannotHoldIsRefused() {
        func head(_ shape: [Int], _ format: TensorFormat) -> GGUFHead? {
            GGUFHead(keys: [], tensors: [.init(name: "a", shape: shape, format: format)])
        }
        #expect(head([1, 8], .f8_E4M3) == nil)
        #expect(head([1, 255], .q4_K) == nil)
        #expect(head([1 << 40, 1 << 40], .f32) == nil)
    }
}
