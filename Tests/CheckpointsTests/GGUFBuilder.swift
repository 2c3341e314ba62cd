/// Writes small GGUF files, right or wrong, for tests.
struct GGUFBuilder {
    enum Value {
        case uint32(UInt32)
        case uint16(UInt16)
        case int32(Int32)
        case float32(Float)
        case bool(UInt8)
        case string(String)
        case strings([String])
        case int32s([Int32])
        case raw(type: UInt32, bytes: [UInt8])
    }

    struct Tensor {
        var name: String
        /// As GGUF writes them: row length first.
        var dimensions: [UInt64]
        var type: UInt32 = 0
        var offset: UInt64
        var byteCount: Int
    }

    var magic: [UInt8] = Array("GGUF".utf8)
    var version: UInt32 = 3
    var metadata: [(String, Value)] = []
    var tensors: [Tensor] = []
    var tensorCount: UInt64?
    var metadataCount: UInt64?
    var alignment = 32

    /// Two metadata keys of each kind and two small tensors.
    static var sample: GGUFBuilder {
        var builder = GGUFBuilder()
        builder.metadata = [
            ("general.architecture", .string("qwen3")),
            ("qwen3.block_count", .uint32(2)),
            ("qwen3.rope.freq_base", .float32(1e6)),
            ("tokenizer.ggml.add_bos_token", .bool(0)),
            ("tokenizer.ggml.tokens", .strings(["a", "b", "Ġc"])),
            ("tokenizer.ggml.token_type", .int32s([1, 1, 3])),
        ]
        builder.tensors = [
            Tensor(name: "token_embd.weight", dimensions: [4, 3], offset: 0, byteCount: 48),
            Tensor(name: "output_norm.weight", dimensions: [4], offset: 64, byteCount: 16),
        ]
        return builder
    }

    var bytes: [UInt8] {
        var out = magic + little(version)
        out += little(tensorCount ?? UInt64(tensors.count)) + little(metadataCount ?? UInt64(metadata.count))
        for (key, value) in metadata {
            out += text(key)
            out += encoded(value)
        }
        for tensor in tensors {
            out += text(tensor.name) + little(UInt32(tensor.dimensions.count))
            for dimension in tensor.dimensions { out += little(dimension) }
            out += little(tensor.type) + little(tensor.offset)
        }
        while out.count % alignment != 0 { out.append(0) }
        let dataStart = out.count
        for tensor in tensors where tensor.offset < 1 << 20 {
            let end = dataStart + Int(tensor.offset) + tensor.byteCount
            if out.count < end { out += [UInt8](repeating: 1, count: end - out.count) }
        }
        return out
    }

    private func encoded(_ value: Value) -> [UInt8] {
        switch value {
        case .uint32(let number): little(UInt32(4)) + little(number)
        case .uint16(let number): little(UInt32(2)) + little(number)
        case .int32(let number): little(UInt32(5)) + little(UInt32(bitPattern: number))
        case .float32(let number): little(UInt32(6)) + little(number.bitPattern)
        case .bool(let byte): little(UInt32(7)) + [byte]
        case .string(let string): little(UInt32(8)) + text(string)
        case .strings(let strings):
            little(UInt32(9)) + little(UInt32(8)) + little(UInt64(strings.count)) + strings.flatMap(text)
        case .int32s(let numbers):
            little(UInt32(9)) + little(UInt32(5)) + little(UInt64(numbers.count))
                + numbers.flatMap { little(UInt32(bitPattern: $0)) }
        case .raw(let type, let bytes): little(type) + bytes
        }
    }

    private func text(_ string: String) -> [UInt8] {
        little(UInt64(string.utf8.count)) + Array(string.utf8)
    }
}

/// An integer's bytes, lowest first.
func little<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
