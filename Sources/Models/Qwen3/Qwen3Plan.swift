internal import Checkpoints
internal import Compute
internal import JSON

extension MemoryPlan {
    /// The plan of a Qwen3 checkpoint. Without tensors, weights count as its configuration says that they are stored.
    init(
        _ configuration: Qwen3Configuration, checkpoint: Checkpoint, quantization: Quantization
    ) throws(ModelError) {
        let locator = Qwen3WeightLocator(
            checkpoint: checkpoint, configuration: configuration, quantization: quantization)
        try locator.refuseForeignTensors()
        let plain = Qwen3Configuration.plainFormat(checkpoint)
        var lines: [WeightClass: Line] = [:]
        var byteCountOfFormat: [String: Int] = [:]
        for weight in configuration.weights {
            let kind = weight.slot.weightClass
            var line = lines[kind] ?? Line(weightClass: kind)
            line.parameterCount += weight.elementCount
            if checkpoint.kind == .configuration {
                let planned = try Qwen3PlannedWeight(weight, plain: plain, configuration, quantization)
                line.byteCount += planned.storedByteCount
                line.residentByteCount += planned.residentByteCount
                line.add(format: planned.formatName)
                byteCountOfFormat[planned.target.name, default: 0] += planned.storedByteCount
            } else {
                let sources = try locator.sources(of: weight)
                for source in sources {
                    line.byteCount += source.storedByteCount
                    line.add(format: source.formatName)
                    byteCountOfFormat[source.target.name, default: 0] += source.storedByteCount
                }
                // A vector is kept as floats.
                line.residentByteCount +=
                    weight.slot.isVector
                    ? weight.columns * MemoryLayout<Float>.stride : try Qwen3WeightReader.residentByteCount(of: sources)
            }
            lines[kind] = line
        }
        self.init(
            name: checkpoint.name,
            architecture: configuration.architectureDescription,
            storedQuantization: configuration.storedQuantization?.description,
            shape: configuration.shape,
            lines: WeightClass.allCases.compactMap { lines[$0] },
            mainFormat: byteCountOfFormat.max { ($0.value, $0.key) < ($1.value, $1.key) }?.key ?? plain.name,
            parameterCount: lines.values.reduce(0) { $0 + $1.parameterCount },
            activeParameterCount: configuration.activeParameterCount,
            expertCount: configuration.expertCount,
            scratchByteCountPerRow: Qwen3Scratch.byteCountPerRow(configuration),
            rotaryByteCount: configuration.windows.count * RotaryEmbedding.byteCount(configuration.headDimension)
        )
    }
}

extension MemoryPlan.Line {
    fileprivate init(weightClass: WeightClass) {
        self.init(weightClass: weightClass, parameterCount: 0, byteCount: 0, residentByteCount: 0, formats: [])
    }

    fileprivate mutating func add(format: String) {
        if !formats.contains(format) { formats.append(format) }
    }
}

extension Qwen3Configuration {
    /// The type that a config.json names for plain weights; bfloat16 where it names none.
    fileprivate static func plainFormat(_ checkpoint: Checkpoint) -> TensorFormat {
        let object = checkpoint.configuration
        switch (object?["dtype"] ?? object?["torch_dtype"])?.stringValue {
        case "float32": return .f32
        case "float16": return .f16
        default: return .bf16
        }
    }

    fileprivate var activeParameterCount: Int {
        weights.reduce(0) { sum, weight in
            let isExpert = weight.slot.weightClass == .experts
            let count = isExpert ? mixture?.activeExpertCount ?? 1 : 1
            return sum + weight.rows * weight.columns * count
        }
    }

    /// Over all layers.
    fileprivate var expertCount: Int {
        let sparse = (0..<layerCount).count { isSparse(layer: $0) }
        return (mixture?.expertCount ?? 0) * sparse
    }

    fileprivate var architectureDescription: String {
        guard let mixture else {
            switch head {
            case .embedding: return "Qwen3, tied embeddings"
            case .own: return "Qwen3"
            case .none: return "Qwen3, without a head"
            }
        }
        let experts = "\(mixture.expertCount) experts, \(mixture.activeExpertCount) per token"
        let sparse = (0..<layerCount).count { isSparse(layer: $0) }
        let layers = sparse == layerCount ? "" : ", \(sparse) of \(layerCount) layers"
        return "Qwen3 mixture of experts (\(experts)\(layers))"
    }
}
