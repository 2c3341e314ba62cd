internal import Checkpoints
internal import Compute
internal import Synchronization

/// Repacks a checkpoint's weights one by one: the file's pages are given back while a weight is copied, so that a model is
/// never in memory twice.
struct Qwen3WeightReader {
    /// How far the file is read ahead of what is repacked.
    private static let readAheadByteCount = 256 << 20

    private let activations: ActivationFormat
    private let pool: WorkerPool
    private let weights: [Key: Weight]
    let memory: WeightMemory
    private let tiles: TileCacheFile?
    private var output: QuantizedFile?
    private let kept: (digests: [UInt64], path: String)?
    private let progress: (LoadingProgress) -> Void
    private var state: LoadingProgress
    private let sources: [Qwen3WeightSource]
    private var readAhead: ArraySlice<Qwen3WeightSource> = []
    private var readAheadEnd = 0

    private struct Key: Hashable {
        let slot: Qwen3Slot
        let layer: Int?
    }

    private struct Weight {
        let shape: Qwen3Weight
        let sources: [Qwen3WeightSource]
        /// Its tensor's number in a quantised cache's file.
        let number: Int
    }

    init(
        _ configuration: Qwen3Configuration,
        _ checkpoint: Checkpoint,
        pool: WorkerPool,
        options: WeightOptions,
        progress: @escaping (LoadingProgress) -> Void
    ) throws(ModelError) {
        let stored = Qwen3WeightLocator(
            checkpoint: checkpoint, configuration: configuration, quantization: options.quantization)
        try stored.refuseForeignTensors()
        let inventory = try Qwen3WeightInventory(stored, options: options)
        self.pool = pool
        self.progress = progress
        activations = options.activations
        output = inventory.output
        kept = inventory.kept
        sources = inventory.sources.flatMap(\.self)
        var weights: [Key: Weight] = [:]
        var tileByteCount = 0
        for (number, (weight, sources)) in zip(configuration.weights, inventory.sources).enumerated() {
            weights[Key(slot: weight.slot, layer: weight.layer)] = Weight(
                shape: weight, sources: sources, number: number)
            if !weight.slot.isVector { tileByteCount += try Self.residentByteCount(of: sources) }
        }
        self.weights = weights
        tiles = try options.tileCache?.open(
            for: sources, activations: activations, named: checkpoint.name, byteCount: tileByteCount)
        do {
            memory = if let tiles { tiles.memory } else { try WeightMemory(byteCount: tileByteCount) }
        } catch {
            throw .outOfMemory(purpose: "the weights", byteCount: tileByteCount)
        }
        if !memory.isFilled { readAhead = sources[...] }
        let total = sources.reduce(0) { $0 + $1.storedByteCount }
        state = LoadingProgress(loadedByteCount: 0, totalByteCount: total)
        state.isQuantizing = !memory.isFilled && inventory.isQuantizing
        state.notices = inventory.notices
    }

    /// What matrices take once they are repacked.
    static func residentByteCount(of sources: [Qwen3WeightSource]) throws(ModelError) -> Int {
        var total = 0
        for source in sources {
            let format = WeightFormat(source.target)
            guard let bytes = format?.residentByteCount(rows: source.rows, columns: source.columns) else {
                throw .checkpoint(
                    source.record.error(
                        expected: "a matrix that can be repacked",
                        found: "of \(source.columns) columns in \(source.target)"
                    )
                )
            }
            total += bytes
        }
        return total
    }

    /// Called when all weights were read: a cache that was written becomes the next start's.
    ///
    /// - Throws: Where a file changed meanwhile, or the tile cache cannot be written.
    mutating func finish() throws(ModelError) {
        var seen: Set<String> = []
        do {
            for record in sources.flatMap({ [$0.record] + $0.encoding.parts })
            where seen.insert(record.fileName).inserted {
                try record.checkFileUnchanged()
            }
        } catch {
            throw .checkpoint(error)
        }
        try tiles?.finish()
        guard let output, let reason = output.finish() else { return }
        state.notices.append(Qwen3WeightInventory.notice(reason))
        progress(state)
    }

    mutating func matrix(_ slot: Qwen3Slot, _ layer: Int? = nil) throws(ModelError) -> WeightMatrix {
        let (pool, memory) = (pool, slot.isVector ? nil : memory)
        return try unsafe read(slot, layer) { weight, rows, format, release throws(WeightError) in
            try unsafe WeightMatrix(
                rows: weight.shape.rows,
                columns: weight.shape.columns,
                format: format,
                source: rows[0],
                memory: memory,
                pool: pool,
                releasing: release
            )
        }
    }

    mutating func experts(_ slot: Qwen3Slot, _ layer: Int) throws(ModelError) -> ExpertWeights {
        let (pool, memory) = (pool, memory)
        return try unsafe read(slot, layer) { weight, rows, format, release throws(WeightError) in
            try unsafe ExpertWeights(
                rows: weight.shape.rows,
                columns: weight.shape.columns,
                format: format,
                experts: rows,
                memory: memory,
                pool: pool,
                releasing: release
            )
        }
    }

    mutating func vector(_ slot: Qwen3Slot, _ layer: Int? = nil) throws(ModelError) -> WeightVector {
        WeightVector(try matrix(slot, layer))
    }

    private typealias Release = @Sendable (UnsafeRawBufferPointer) -> Void

    private mutating func read<Weights>(
        _ slot: Qwen3Slot,
        _ layer: Int?,
        _ repack: (Weight, [WeightRows], WeightFormat, Release) throws(WeightError) -> Weights
    ) throws(ModelError) -> Weights {
        guard let weight = weights[Key(slot: slot, layer: layer)] else {
            preconditionFailure("The configuration lists every weight that its model reads.")
        }
        let sources = weight.sources
        let first = sources[0].record
        guard let format = WeightFormat(sources[0].target, of: slot, meeting: activations) else {
            throw .checkpoint(first.error(expected: "a format that Ponder computes with", found: "in \(first.format)"))
        }
        for source in sources where source.target != sources[0].target || source.record.format != first.format {
            throw .checkpoint(
                source.record.error(
                    expected: "all experts of a layer in \(first.format)",
                    found: "in \(source.record.format)"
                )
            )
        }
        readFurtherAhead()
        let repacked: Weights
        let digest = KeptDigest(first, rowByteCount: format.rowByteCount(columns: weight.shape.columns) ?? 0)
        let isKept = kept != nil
        do {
            let isThere = memory.isFilled && !slot.isVector
            let made = try sources.enumerated().map { index, source throws(CheckpointError) -> WeightRows in
                unsafe isThere ? .made { _, _ in } : try rows(of: source, number: index, in: weight, as: format)
            }
            // Of which file the bytes are does not matter: the range says which pages go.
            repacked = try unsafe repack(weight, made, format) { bytes in
                // They were read a moment ago, and are in the processor's cache.
                if isKept { unsafe digest.add(bytes) }
                unsafe first.releasePages(of: bytes)
            }
        } catch let error as CheckpointError {
            throw .checkpoint(error)
        } catch WeightError.outOfMemory(let byteCount) {
            throw .outOfMemory(purpose: first.name, byteCount: byteCount)
        } catch {
            throw .checkpoint(first.error(expected: "a matrix that can be repacked", found: "(\(error))"))
        }
        if let kept, kept.digests[weight.number] != digest.sum { throw .quantizedCache(path: kept.path) }
        for source in sources {
            state.loadedByteCount += source.storedByteCount
            guard !source.isPackedAsStored else { continue }
            for part in [source.record] + source.encoding.parts { unsafe part.releasePages(of: part.bytes) }
        }
        progress(state)
        return repacked
    }

    /// Where a matrix's rows come from: from the file, or rewritten as the workers want them. Both go to the quantised cache's
    /// file too, where one is written.
    private func rows(
        of source: Qwen3WeightSource, number: Int, in weight: Weight, as format: WeightFormat
    ) throws(CheckpointError) -> WeightRows {
        let (output, tensor, record) = (output, weight.number, source.record)
        let rowByteCount = format.rowByteCount(columns: source.columns) ?? 0
        let start = number * source.rows * rowByteCount
        if source.isPackedAsStored {
            unsafe output?.write(source.bytes, at: start, ofTensor: tensor)
            return unsafe .stored(source.bytes)
        }
        let encoded = try source.encodedWeights()
        return unsafe .made { rows, bytes in
            unsafe encoded.write(rows, as: format, to: bytes)
            if let used = unsafe encoded.storedBytes(of: rows) { unsafe record.releasePages(of: used) }
            unsafe output?.write(
                UnsafeRawBufferPointer(bytes), at: start + rows.lowerBound * rowByteCount, ofTensor: tensor)
        }
    }

    /// Lets the system fetch from disk what comes next, while the workers repack.
    private mutating func readFurtherAhead() {
        while readAheadEnd < state.loadedByteCount + Self.readAheadByteCount, let source = readAhead.popFirst() {
            source.record.willRead(source.byteRange)
            for part in source.encoding.parts { part.willRead() }
            readAheadEnd += source.storedByteCount
        }
    }
}

/// Adds up the rows of a tensor of a quantised cache as the workers read them, each once.
private final class KeptDigest: Sendable {
    private let record: TensorRecord
    private let rowByteCount: Int
    /// Held for an addition.
    private let total = Mutex<UInt64>(0)

    init(_ record: TensorRecord, rowByteCount: Int) {
        self.record = record
        self.rowByteCount = rowByteCount
    }

    var sum: UInt64 { total.withLock { $0 } }

    func add(_ rows: UnsafeRawBufferPointer) {
        guard rowByteCount > 0, let start = unsafe record.bytes.baseAddress, let first = rows.baseAddress else {
            return
        }
        let place = unsafe first - start
        let sum = unsafe RowDigest.sum(rows, rowByteCount: rowByteCount, firstRow: place / rowByteCount)
        total.withLock { $0 &+= sum }
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
        case .f8_E4M3, .i32, .unsupported: return nil
        }
    }
}
