import Checkpoints
import TestSupport
import Testing

/// The tied fixture as a GGUF file in memory, whose keys and tensors a test may change.
struct GGUFFixture {
    enum Value {
        case uint32(UInt32), float32(Float), string(String)
    }

    struct Tensor {
        var name: String
        /// Rows first.
        var shape: [Int]
        var bytes: [UInt8]
    }

    var keys: [(String, Value)] = [("general.architecture", .string("qwen3"))]
    /// All of them F32.
    var tensors: [Tensor] = []

    init() throws {
        let checkpoint = try Checkpoint.open(Fixtures.path("models/dense-tied/gguf/dense-tied-F32.gguf"))
        let metadata = try #require(checkpoint.metadata)
        for key in [
            "embedding_length", "block_count", "attention.head_count", "attention.head_count_kv", "context_length",
            "attention.key_length", "attention.value_length", "feed_forward_length",
        ] {
            let value = try #require(try metadata.integer("qwen3.\(key)"))
            keys.append(("qwen3.\(key)", .uint32(UInt32(value))))
        }
        for key in ["rope.freq_base", "attention.layer_norm_rms_epsilon"] {
            let value = try #require(try metadata.double("qwen3.\(key)"))
            keys.append(("qwen3.\(key)", .float32(Float(value))))
        }
        tensors = checkpoint.tensors.map { Tensor(name: $0.name, shape: $0.shape, bytes: Array($0.bytes)) }
    }

    /// Opens the file and hands the checkpoint on.
    func open<Result>(_ body: (Checkpoint) throws -> Result) throws -> Result {
        try bytes.withUnsafeBytes { try body(Checkpoint.open(bytes: $0, name: "fixture.gguf")) }
    }

    private var bytes: [UInt8] {
        var out = Array("GGUF".utf8) + little(UInt32(3)) + little(UInt64(tensors.count)) + little(UInt64(keys.count))
        for (key, value) in keys {
            out += text(key)
            switch value {
            case .uint32(let number): out += little(UInt32(4)) + little(number)
            case .float32(let number): out += little(UInt32(6)) + little(number.bitPattern)
            case .string(let string): out += little(UInt32(8)) + text(string)
            }
        }
        var offset = 0
        for tensor in tensors {
            out += text(tensor.name) + little(UInt32(tensor.shape.count))
            for dimension in tensor.shape.reversed() { out += little(UInt64(dimension)) }
            out += little(UInt32(0)) + little(UInt64(offset))
            offset += (tensor.bytes.count + 31) / 32 * 32
        }
        for bytes in [[]] + tensors.map(\.bytes) {
            out += bytes
            out += [UInt8](repeating: 0, count: (32 - out.count % 32) % 32)
        }
        return out
    }

    private func text(_ string: String) -> [UInt8] {
        little(UInt64(string.utf8.count)) + Array(string.utf8)
    }

    private func little(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
