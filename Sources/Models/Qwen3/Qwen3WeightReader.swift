internal import Checkpoints
internal import Compute

/// Repacks a checkpoint's weights one by one: the file's pages are given back while a weight is copied, so that a model is
/// never in memory twice.
struct Qwen3WeightReader {
    private let locator: Qwen3WeightLocator
    private let pool: WorkerPool
    private let weights: [Key: Qwen3Weight]
    private let progress: (LoadingProgress) -> Void
    private var state: LoadingProgress

    private struct Key: Hashable {
        let slot: Qwen3Slot
        let layer: Int?
    }

    init(
        _ configuration: Qwen3Configuration,
        _ checkpoint: Checkpoint,
        pool: WorkerPool,
        progress: @escaping (LoadingProgress) -> Void
    ) throws(ModelError) {
        locator = Qwen3WeightLocator(checkpoint: checkpoint, configuration: configuration)
        self.pool = pool
        self.progress = progress
        try locator.refuseForeignTensors()
        var total = 0
        var weights: [Key: Qwen3Weight] = [:]
        for weight in configuration.weights {
            total += try locator.sources(of: weight).reduce(0) { $0 + $1.byteRange.count }
            weights[Key(slot: weight.slot, layer: weight.layer)] = weight
        }
        self.weights = weights
        state = LoadingProgress(loadedByteCount: 0, totalByteCount: total)
    }

    mutating func matrix(_ slot: Qwen3Slot, _ layer: Int? = nil) throws(ModelError) -> WeightMatrix {
        let pool = pool
        return try read(slot, layer) { weight, sources, format throws(WeightError) in
            try unsafe WeightMatrix(
                rows: weight.rows,
                columns: weight.columns,
                format: format,
                bytes: sources[0].bytes,
                pool: pool,
                releasing: sources[0].record.releasePages
            )
        }
    }

    mutating func experts(_ slot: Qwen3Slot, _ layer: Int) throws(ModelError) -> ExpertWeights {
        let pool = pool
        return try read(slot, layer) { weight, sources, format throws(WeightError) in
            // Of which file the bytes are does not matter: their address says which pages go.
            try unsafe ExpertWeights(
                rows: weight.rows,
                columns: weight.columns,
                format: format,
                experts: sources.map { unsafe $0.bytes },
                pool: pool,
                releasing: sources[0].record.releasePages
            )
        }
    }

    mutating func vector(_ slot: Qwen3Slot, _ layer: Int? = nil) throws(ModelError) -> WeightVector {
        WeightVector(try matrix(slot, layer))
    }

    private mutating func read<Weights>(
        _ slot: Qwen3Slot,
        _ layer: Int?,
        _ repack: (Qwen3Weight, [Qwen3WeightSource], WeightFormat) throws(WeightError) -> Weights
    ) throws(ModelError) -> Weights {
        guard let weight = weights[Key(slot: slot, layer: layer)] else {
            preconditionFailure("The configuration lists every weight that its model reads.")
        }
        let sources = try locator.sources(of: weight)
        let first = sources[0].record
        guard let format = WeightFormat(first.format) else {
            throw .checkpoint(first.error(expected: "a format that Ponder computes with", found: "in \(first.format)"))
        }
        for source in sources where source.record.format != first.format {
            throw .checkpoint(
                source.record.error(
                    expected: "all experts of a layer in \(first.format)",
                    found: "in \(source.record.format)"
                )
            )
        }
        for source in sources { source.record.willRead(source.byteRange) }
        let repacked: Weights
        do {
            repacked = try repack(weight, sources, format)
        } catch .outOfMemory(let byteCount) {
            throw .outOfMemory(purpose: first.name, byteCount: byteCount)
        } catch {
            throw .checkpoint(first.error(expected: "a matrix that can be repacked", found: "(\(error))"))
        }
        for source in sources { state.loadedByteCount += source.byteRange.count }
        progress(state)
        return repacked
    }
}

extension WeightFormat {
    /// The kernels' name of a file's format, or nil where there are none for it.
    init?(_ format: TensorFormat) {
        switch format {
        case .f32: self = .f32
        case .f16: self = .f16
        case .bf16: self = .bf16
        case .q8_0: self = .q8_0
        case .q4_0: self = .q4_0
        case .q4_1: self = .q4_1
        case .q5_0: self = .q5_0
        case .q5_1: self = .q5_1
        case .q2_K: self = .q2_K
        case .q3_K: self = .q3_K
        case .q4_K: self = .q4_K
        case .q5_K: self = .q5_K
        case .q6_K: self = .q6_K
        case .iq4_NL: self = .iq4_NL
        case .iq4_XS: self = .iq4_XS
        case .mxfp4: self = .mxfp4
        case .unsupported: return nil
        }
    }
}
