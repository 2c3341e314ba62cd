/// How a tensor's elements are stored.
///
/// Block formats pack `blockLength` consecutive elements of a row into `blockByteCount` bytes
/// (ggml's block_* structures, ggml/src/ggml-common.h); plain formats are blocks of one element.
public enum TensorFormat: Hashable, Sendable {
    case f32, f16, bf16, mxfp4
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case q8_0, q4_0, q4_1, q5_0, q5_1, q2_K, q3_K, q4_K, q5_K, q6_K, iq4_NL, iq4_XS
    /// 8-bit floats without infinities, and 32-bit integers: parts of weights that other programs have quantised.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    case f8_E4M3, i32
    /// A format that the file may hold and that no kernel reads: such tensors are listed, and refused when a model needs them.
    case unsupported(UnsupportedFormat)

    /// A format known by its size only.
    public struct UnsupportedFormat: Hashable, Sendable {
        public var name: String
        public var blockLength: Int
        public var blockByteCount: Int
    }

    /// Elements in a block; a row's length is a multiple of it.
    public var blockLength: Int { layout.blockLength }

    /// Bytes of a block.
    public var blockByteCount: Int { layout.blockByteCount }

    /// The name that GGUF tools print, such as `Q4_K`; safetensors' own name for its types.
    public var name: String { layout.name }

    private var layout: UnsupportedFormat {
        switch self {
        case .f32: UnsupportedFormat("F32", 1, 4)
        case .f16: UnsupportedFormat("F16", 1, 2)
        case .bf16: UnsupportedFormat("BF16", 1, 2)
        case .mxfp4: UnsupportedFormat("MXFP4", 32, 17)
        case .q8_0: UnsupportedFormat("Q8_0", 32, 34)
        case .q4_0: UnsupportedFormat("Q4_0", 32, 18)
        case .q4_1: UnsupportedFormat("Q4_1", 32, 20)
        case .q5_0: UnsupportedFormat("Q5_0", 32, 22)
        case .q5_1: UnsupportedFormat("Q5_1", 32, 24)
        case .q2_K: UnsupportedFormat("Q2_K", 256, 84)
        case .q3_K: UnsupportedFormat("Q3_K", 256, 110)
        case .q4_K: UnsupportedFormat("Q4_K", 256, 144)
        case .q5_K: UnsupportedFormat("Q5_K", 256, 176)
        case .q6_K: UnsupportedFormat("Q6_K", 256, 210)
        case .iq4_NL: UnsupportedFormat("IQ4_NL", 32, 18)
        case .iq4_XS: UnsupportedFormat("IQ4_XS", 256, 136)
        case .f8_E4M3: UnsupportedFormat("F8_E4M3", 1, 1)
        case .i32: UnsupportedFormat("I32", 1, 4)
        case .unsupported(let format): format
        }
    }

    /// The bytes of a tensor of this shape, or nil where a row does not end with a block or a product overflows.
    ///
    /// The shape has rows first, its last dimension is a row's length. An empty shape is one element.
    public func byteCount(shape: [Int]) -> Int? {
        let rowLength = shape.last ?? 1
        guard rowLength >= 0, rowLength % blockLength == 0 else { return nil }
        let (rowByteCount, rowOverflow) = (rowLength / blockLength).multipliedReportingOverflow(by: blockByteCount)
        guard !rowOverflow else { return nil }
        var count = 1
        for dimension in shape.dropLast() + [rowByteCount] {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(dimension, 1))
            guard dimension >= 0, !overflow else { return nil }
            count = product
        }
        return shape.contains(0) ? 0 : count
    }
}

extension TensorFormat.UnsupportedFormat {
    fileprivate init(_ name: String, _ blockLength: Int, _ blockByteCount: Int) {
        self.init(name: name, blockLength: blockLength, blockByteCount: blockByteCount)
    }
}

extension TensorFormat: CustomStringConvertible {
    public var description: String { name }
}
