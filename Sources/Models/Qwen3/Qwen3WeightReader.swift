internal import Checkpoints
internal import Compute

/// Repacks a checkpoint's weights one by one: the file's pages are given back while a weight is copied, so that a model is
/// never in memory twice.
struct Qwen3WeightReader {
    /// How far the file is read ahead of what is repacked.
    private static let readAheadByteCount = 256 << 20

    private let locator: Qwen3WeightLocator
    private let pool: WorkerPool
    private let activations: ActivationFormat
    private let weights: [Key: Qwen3Weight]
    private let sources: [Qwen3WeightSource]
    let memory: WeightMemory
    private let tiles: TileCacheFile?
    private let progress: (LoadingProgress) -> Void
    private var state: LoadingProgress
    private var readAhead: ArraySlice<Qwen3WeightSource> = []
    private var readAheadEnd = 0

    private struct Key: Hashable {
        let slot: Qwen3Slot
        let layer: Int?
    }

    init(
        _ configuration: Qwen3Configuration,
        _ checkpoint: Checkpoint,
        pool: WorkerPool,
        activations: ActivationFormat,
        tileCache: TileCache?,
        progress: @escaping (LoadingProgress) -> Void
    ) throws(ModelError) {
        locator = Qwen3WeightLocator(checkpoint: checkpoint, configuration: configuration)
        self.pool = pool
        self.activations = activations
        self.progress = progress
        try locator.refuseForeignTensors()
        var sources: [Qwen3WeightSource] = []
        var weights: [Key: Qwen3Weight] = [:]
        var tileByteCount = 0
        for weight in configuration.weights {
            let found = try locator.sources(of: weight)
            sources += found
            weights[Key(slot: weight.slot, layer: weight.layer)] = weight
            if !weight.slot.isVector { tileByteCount += try Self.residentByteCount(of: found) }
        }
        self.weights = weights
        self.sources = sources
        tiles = try tileCache?.open(
            for: sources, activations: activations, named: checkpoint.name, byteCount: tileByteCount)
        do {
            memory = if let tiles { tiles.memory } else { try WeightMemory(byteCount: tileByteCount) }
        } catch {
            throw .outOfMemory(purpose: "the weights", byteCount: tileByteCount)
        }
        if !memory.isFilled { readAhead = sources[...] }
        let total = sources.reduce(0) { $0 + $1.byteRange.count }
        state = LoadingProgress(loadedByteCount: 0, totalByteCount: total)
    }

    /// What matrices take once they are repacked.
    static func residentByteCount(of sources: [Qwen3WeightSource]) throws(ModelError) -> Int {
        var total = 0
        for source in sources {
            let format = WeightFormat(source.record.format)
            guard let bytes = format?.residentByteCount(rows: source.rows, columns: source.columns) else {
                throw .checkpoint(
                    source.record.error(
                        expected: "a matrix that can be repacked",
                        found: "of \(source.columns) columns in \(source.record.format)"
                    )
                )
            }
            total += bytes
        }
        return total
    }

    /// Called when all weights were read: a tile cache that was written becomes the next start's.
    ///
    /// - Throws: Where a file changed meanwhile, or the tile cache cannot be written.
    func finish() throws(ModelError) {
        var seen: Set<String> = []
        do {
            for source in sources where seen.insert(source.record.fileName).inserted {
                try source.record.checkFileUnchanged()
            }
        } catch {
            throw .checkpoint(error)
        }
        try tiles?.finish()
    }

    mutating func matrix(_ slot: Qwen3Slot, _ layer: Int? = nil) throws(ModelError) -> WeightMatrix {
        let (pool, memory) = (pool, slot.isVector ? nil : memory)
        return try read(slot, layer) { weight, sources, format throws(WeightError) in
            try unsafe WeightMatrix(
                rows: weight.rows,
                columns: weight.columns,
                format: format,
                bytes: sources[0].bytes,
                memory: memory,
                pool: pool,
                releasing: sources[0].record.releasePages
            )
        }
    }

    mutating func experts(_ slot: Qwen3Slot, _ layer: Int) throws(ModelError) -> ExpertWeights {
        let (pool, memory) = (pool, memory)
        return try read(slot, layer) { weight, sources, format throws(WeightError) in
            // Of which file the bytes are does not matter: the range says which pages go.
            try unsafe ExpertWeights(
                rows: weight.rows,
                columns: weight.columns,
                format: format,
                experts: sources.map { unsafe $0.bytes },
                memory: memory,
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
        guard let format = WeightFormat(first.format, of: slot, meeting: activations) else {
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
        readFurtherAhead()
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

    /// Lets the system fetch from disk what comes next, while the workers repack.
    private mutating func readFurtherAhead() {
        while readAheadEnd < state.loadedByteCount + Self.readAheadByteCount, let source = readAhead.popFirst() {
            source.record.willRead(source.byteRange)
            readAheadEnd += source.byteRange.count
        }
    }
}

extension WeightFormat {
    /// The kernels' name of a weight's format where BF16 weights meet such activations. A router's choice of experts is not
    /// rounded: it is little work, and a tie that falls otherwise changes all that follows.
    fileprivate init?(_ format: TensorFormat, of slot: Qwen3Slot, meeting activations: ActivationFormat) {
        let isRounded = format == .bf16 && activations == .bf16 && slot != .router && !slot.isVector
        if isRounded { self = .bf16Rounding } else { self.init(format) }
    }

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
