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
        switch source.encoding {
        case .plain: target(of: weight, plain: source.record.format, configuration)
        case .integers(let integers): integers.exactFormat ?? rounded(weight, configuration)
        case .float8: rounded(weight, configuration)
        }
    }

    /// The same of a weight that is stored in a format of the kernels.
    func target(
        of weight: Qwen3Weight, plain format: TensorFormat, _ configuration: Qwen3Configuration
    ) -> TensorFormat {
        guard [.f32, .f16, .bf16].contains(format), quantizesFloats, !weight.keepsFloats else { return format }
        return fitting(preferred(weight, configuration), weight.columns, otherwise: format)
    }

    /// The same of a weight whose format no kernel reads.
    func rounded(_ weight: Qwen3Weight, _ configuration: Qwen3Configuration) -> TensorFormat {
        if weight.keepsFloats || self == .none { return .bf16 }
        return fitting(quantizesFloats ? preferred(weight, configuration) : .q8_0, weight.columns, otherwise: .bf16)
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

extension Qwen3Weight {
    /// Vectors and routers, which are little work and on which much depends.
    fileprivate var keepsFloats: Bool { slot.isVector || slot == .router }
}
