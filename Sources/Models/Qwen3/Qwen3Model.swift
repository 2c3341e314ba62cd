internal import Checkpoints
internal import Compute
internal import Tokens

/// A Qwen3 decoder, dense or mixture of experts: embed, layers, norm, head.
final class Qwen3Model: CausalLanguageModel {
    let shape: ModelShape
    private let configuration: Qwen3Configuration
    private let weights: Qwen3Weights
    private let weightMemory: WeightMemory
    /// By context window.
    private let rotaries: [RotaryEmbedding]
    private let pool: WorkerPool
    private var scratch: Qwen3Scratch

    /// Sees what a pass computes on its way, for tests.
    enum Stage: Hashable {
        /// The residual stream before layer `i`.
        case hidden(layer: Int)
        /// The residual stream after the final norm: of the rows that want logits, then of those that want states.
        case normed
        case routerLogits(layer: Int)
    }
    var trace: ((Stage, RowsView) -> Void)?

    init(
        _ configuration: Qwen3Configuration,
        _ checkpoint: Checkpoint,
        pool: WorkerPool,
        options: WeightOptions,
        progress: @escaping (LoadingProgress) -> Void
    ) throws(ModelError) {
        var reader = try Qwen3WeightReader(
            configuration, checkpoint, pool: pool, options: options, progress: progress)
        weights = try Qwen3Weights(configuration, &reader)
        try reader.finish()
        weightMemory = reader.memory
        shape = configuration.shape
        self.configuration = configuration
        rotaries = configuration.windows.map {
            RotaryEmbedding($0.rotary, headDimension: configuration.headDimension)
        }
        self.pool = pool
        scratch = Qwen3Scratch(configuration, rowLimit: 0, logitRowLimit: 0)
    }

    func prepare(rowLimit: Int, logitRowLimit: Int) {
        scratch = Qwen3Scratch(configuration, rowLimit: rowLimit, logitRowLimit: logitRowLimit)
    }

    var isDamaged: Bool { weightMemory.isDamaged }

    var expertVisitCount: Int { scratch.mixture?.scratch.visitCount ?? 0 }

    var expertRowCount: Int { scratch.mixture?.scratch.visitedRowCount ?? 0 }

    var expertUse: [ExpertUse] { weights.layers.compactMap(\.expertUse) }

    func makeCache(
        blockCount: Int,
        blockLength: Int,
        format: KVCacheFormat
    ) throws(ModelError) -> KVCacheStorage {
        precondition(blockLength == KVLayout.blockLength, "A cache's blocks have \(KVLayout.blockLength) positions.")
        return try KVCacheStorage(shape: shape, blockCount: blockCount, blockLength: blockLength, format: format)
    }

    func forward(_ batch: borrowing TokenBatch, cache: borrowing KVCacheStorage) -> ForwardOutput {
        precondition(batch.rowCount <= scratch.rowLimit, "A batch keeps to the rows of prepare.")
        precondition(
            batch.logitRows.count + batch.stateRows.count <= scratch.logitRowLimit,
            "A batch keeps to the logit rows of prepare.")
        precondition(cache.shape == shape, "A cache serves the model that made it.")
        let step = Qwen3Step(scratch, configuration, rowCount: batch.rowCount, pool: pool)
        embed(batch, step)
        unsafe batch.blockTables.withUnsafeBufferPointer { tables in
            unsafe place(batch, tables)
            for (index, layer) in weights.layers.enumerated() {
                layer.forward(step, index: index, plane: cache.plane(layer: index), trace: trace)
            }
            add(step.branch, to: step.hidden, pool: pool)
        }
        return output(batch, step)
    }
}

extension Qwen3Model {
    /// Looks up the rows' tokens and works out the angles of their positions.
    private func embed(_ batch: borrowing TokenBatch, _ step: Qwen3Step) {
        let pairCount = shape.headDimension / 2
        for span in batch.spans {
            let rotary = rotaries[Int(span.window)]
            for row in Int(span.firstRow)..<Int(span.firstRow + span.rowCount) {
                unsafe weights.embedding.row(
                    batch.tokens[row].index, into: step.hidden.pointer + row * shape.hiddenSize)
                unsafe rotary.write(
                    position: batch.positions[row],
                    cosines: scratch.cosines.pointer + row * pairCount,
                    sines: scratch.sines.pointer + row * pairCount
                )
            }
        }
    }

    /// Says where the rows' keys and values go, and which rows attend to which blocks.
    private func place(_ batch: borrowing TokenBatch, _ tables: UnsafeBufferPointer<Int32>) {
        scratch.sequences.removeAll()
        for span in batch.spans where span.rowCount > 0 {
            let (firstRow, rowCount) = (Int(span.firstRow), Int(span.rowCount))
            let firstBlock = Int(span.firstBlock)
            let table = unsafe UnsafeBufferPointer(rebasing: tables[firstBlock..<firstBlock + Int(span.blockCount)])
            unsafe scratch.sequences.append(
                firstRow: firstRow,
                rowCount: rowCount,
                firstPosition: Int(batch.positions[firstRow]),
                blockTable: table
            )
            for row in firstRow..<firstRow + rowCount {
                let position = Int(batch.positions[row])
                let block = unsafe table[position / KVLayout.blockLength]
                scratch.slots[row] = block * Int32(KVLayout.blockLength) + Int32(position % KVLayout.blockLength)
            }
        }
    }

    /// The final norm for the rows that want logits or their states, and the head for the former.
    private func output(_ batch: borrowing TokenBatch, _ step: Qwen3Step) -> ForwardOutput {
        let (logitCount, stateCount) = (batch.logitRows.count, batch.stateRows.count)
        let rows = unsafe RowsView(
            scratch.logitInput.pointer, count: logitCount + stateCount, columns: shape.hiddenSize)
        for index in 0..<logitCount {
            copy(batch.logitRows[index], of: step, to: rows, at: index)
        }
        for index in 0..<stateCount {
            copy(batch.stateRows[index], of: step, to: rows, at: logitCount + index)
        }
        if rows.count > 0 {
            unsafe normalize(
                rows,
                weight: weights.finalNorm.pointer,
                epsilon: configuration.normEpsilon,
                into: rows,
                pool: pool
            )
            trace?(.normed, rows)
        }
        let states = unsafe RowsView(
            rows.pointer + logitCount * shape.hiddenSize, count: stateCount, columns: shape.hiddenSize)
        return ForwardOutput(logits: logits(of: rows.prefix(logitCount)), states: states)
    }

    private func copy(_ row: Int32, of step: Qwen3Step, to rows: RowsView, at index: Int) {
        unsafe rows.row(index).baseAddress?.update(
            from: step.hidden.pointer + Int(row) * shape.hiddenSize,
            count: shape.hiddenSize
        )
    }

    private func logits(of rows: RowsView) -> Logits {
        if rows.count > 0 {
            guard let head = weights.head else { preconditionFailure("A model without a head has no logits.") }
            let values = unsafe RowsView(scratch.logits.pointer, count: rows.count, columns: shape.vocabularySize)
            scratch.input.load(rows)
            multiply(scratch.input, by: head, into: values, pool: pool)
        }
        return unsafe Logits(
            values: scratch.logits.pointer, rowCount: rows.count, vocabularySize: shape.vocabularySize)
    }
}
