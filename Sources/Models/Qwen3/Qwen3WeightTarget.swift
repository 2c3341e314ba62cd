internal import Checkpoints

extension Quantization {
    /// The format that a weight is computed with.
    ///
    /// - Parameters:
    ///   - weight: Whose place decides; vectors and routers keep their floats, as they are little work and much depends on them.
    ///   - source: How it is stored.
    ///   - configuration: The model's.
    /// - Returns: A format that is computed with, and whose blocks the columns fill; or the stored one.
    func target(
        of weight: Qwen3Weight, _ source: Qwen3WeightSource, _ configuration: Qwen3Configuration
    ) -> TensorFormat {
        let format = source.record.format
        let isKept = weight.slot.isVector || weight.slot == .router
        switch source.encoding {
        case .plain:
            guard [.f32, .f16, .bf16].contains(format), quantizesFloats, !isKept else { return format }
            return fitting(preferred(weight, configuration), source.columns, otherwise: format)
        case .integers(let integers):
            if let exact = integers.exactFormat { return exact }
        case .float8: break
        }
        if isKept || self == .none { return .bf16 }
        return fitting(quantizesFloats ? preferred(weight, configuration) : .q8_0, source.columns, otherwise: .bf16)
    }

    /// What a recipe makes of a matrix of floats, as llama.cpp's quantiser does (`llama_tensor_get_type`).
    private func preferred(_ weight: Qwen3Weight, _ configuration: Qwen3Configuration) -> TensorFormat {
        switch self {
        case .automatic, .none, .q8_0: return .q8_0
        case .q6_K: return .q6_K
        case .q4_K_M: break
        }
        switch weight.slot {
        case .head: return .q6_K
        case .embedding: return configuration.head == .embedding ? .q6_K : .q4_K
        case .value, .down, .expertDown:
            return Self.wantsMoreBits(layer: weight.layer ?? 0, of: configuration.layerCount) ? .q6_K : .q4_K
        default: return .q4_K
        }
    }

    /// The first eighth of the layers, the last, and every third of the others.
    private static func wantsMoreBits(layer: Int, of count: Int) -> Bool {
        layer < count / 8 || layer >= 7 * count / 8 || (layer - count / 8) % 3 == 2
    }

    /// The format, if rows are whole blocks of it; else Q8_0, if they are of that.
    private func fitting(_ format: TensorFormat, _ columns: Int, otherwise: TensorFormat) -> TensorFormat {
        [format, .q8_0].first { columns.isMultiple(of: $0.blockLength) } ?? otherwise
    }
}
