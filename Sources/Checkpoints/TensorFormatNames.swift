extension TensorFormat {
    /// The format of a GGUF tensor type (`ggml_type` in ggml.h), or nil for a number that ggml does not define.
    init?(ggmlType: UInt32) {
        switch ggmlType {
        case 0: self = .f32
        case 1: self = .f16
        case 2: self = .q4_0
        case 3: self = .q4_1
        case 6: self = .q5_0
        case 7: self = .q5_1
        case 8: self = .q8_0
        case 10: self = .q2_K
        case 11: self = .q3_K
        case 12: self = .q4_K
        case 13: self = .q5_K
        case 14: self = .q6_K
        case 20: self = .iq4_NL
        case 23: self = .iq4_XS
        case 26: self = .i32
        case 30: self = .bf16
        case 39: self = .mxfp4
        default:
            guard let known = TensorFormat.unsupportedGGMLTypes[ggmlType] else { return nil }
            self = .unsupported(known)
        }
    }

    /// The number of a format in a GGUF file, or nil for one that ggml does not have.
    var ggmlType: UInt32? {
        (0..<64).first { TensorFormat(ggmlType: $0) == self }
    }

    /// The format of a safetensors `dtype`, or nil for a name that safetensors does not define.
    init?(safetensorsType: String) {
        switch safetensorsType {
        case "F32": self = .f32
        case "F16": self = .f16
        case "BF16": self = .bf16
        case "F8_E4M3": self = .f8_E4M3
        case "I32": self = .i32
        default:
            guard let byteCount = TensorFormat.unsupportedSafetensorsTypes[safetensorsType] else { return nil }
            self = .unsupported(
                UnsupportedFormat(name: safetensorsType, blockLength: 1, blockByteCount: byteCount)
            )
        }
    }

    private static let unsupportedSafetensorsTypes: [String: Int] = [
        "BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E8M0": 1, "F8_E4M3FNUZ": 1, "F8_E5M2FNUZ": 1,
        "I16": 2, "U16": 2, "U32": 4, "I64": 8, "U64": 8, "F64": 8, "C64": 8,
    ]

    private static let unsupportedGGMLTypes: [UInt32: UnsupportedFormat] = [
        9: UnsupportedFormat(name: "Q8_1", blockLength: 32, blockByteCount: 36),
        15: UnsupportedFormat(name: "Q8_K", blockLength: 256, blockByteCount: 292),
        16: UnsupportedFormat(name: "IQ2_XXS", blockLength: 256, blockByteCount: 66),
        17: UnsupportedFormat(name: "IQ2_XS", blockLength: 256, blockByteCount: 74),
        18: UnsupportedFormat(name: "IQ3_XXS", blockLength: 256, blockByteCount: 98),
        19: UnsupportedFormat(name: "IQ1_S", blockLength: 256, blockByteCount: 50),
        21: UnsupportedFormat(name: "IQ3_S", blockLength: 256, blockByteCount: 110),
        22: UnsupportedFormat(name: "IQ2_S", blockLength: 256, blockByteCount: 82),
        24: UnsupportedFormat(name: "I8", blockLength: 1, blockByteCount: 1),
        25: UnsupportedFormat(name: "I16", blockLength: 1, blockByteCount: 2),
        27: UnsupportedFormat(name: "I64", blockLength: 1, blockByteCount: 8),
        28: UnsupportedFormat(name: "F64", blockLength: 1, blockByteCount: 8),
        29: UnsupportedFormat(name: "IQ1_M", blockLength: 256, blockByteCount: 56),
        34: UnsupportedFormat(name: "TQ1_0", blockLength: 256, blockByteCount: 54),
        35: UnsupportedFormat(name: "TQ2_0", blockLength: 256, blockByteCount: 66),
    ]
}
