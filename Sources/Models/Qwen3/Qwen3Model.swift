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
        let outputs = unsafe batch.blockTables.withUnsafeBufferPointer { tables in
            unsafe placeKeys(batch, tables)
            unsafe placeQueries(batch, rows: 0..<Int32(batch.rowCount), tables)
            for (index, layer) in weights.layers.dropLast().enumerated() {
                layer.forward(step, index: index, plane: cache.plane(layer: index), trace: trace)
            }
            return unsafe finish(batch, step, cache: cache, tables)
        }
        return output(batch, outputs)
    }

    /// The last layer. All rows leave it their keys and values; it does the rest for those alone of which something is wanted.
    ///
    /// - Returns: Those rows, one behind the other.
    private func finish(
        _ batch: borrowing TokenBatch, _ step: Qwen3Step, cache: borrowing KVCacheStorage,
        _ tables: UnsafeBufferPointer<Int32>
    ) -> Qwen3Step {
        guard let layer = weights.layers.last else { return step }
        let index = weights.layers.count - 1
        let plane = cache.plane(layer: index)
        guard batch.outputRows.count < batch.rowCount else {
            layer.forward(step, index: index, plane: plane, trace: trace)
            add(step.branch, to: step.hidden, pool: pool)
            return step
        }
        layer.remember(step, index: index, plane: plane, trace: trace)
        let outputs = Qwen3Step(scratch, configuration, rowCount: batch.outputRows.count, pool: pool)
        guard !batch.outputRows.isEmpty else { return outputs }
        scratch.gather(batch.outputRows)
        unsafe placeQueries(batch, rows: batch.outputRows, tables)
        layer.finish(outputs, index: index, plane: plane, trace: trace)
        add(outputs.branch, to: outputs.hidden, pool: pool)
        return outputs
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

    /// Says where the rows' keys and values go.
    private func placeKeys(_ batch: borrowing TokenBatch, _ tables: UnsafeBufferPointer<Int32>) {
        for span in batch.spans {
            for row in Int(span.firstRow)..<Int(span.firstRow + span.rowCount) {
                let position = Int(batch.positions[row])
                let block = unsafe tables[Int(span.firstBlock) + position / KVLayout.blockLength]
                scratch.slots[row] = block * Int32(KVLayout.blockLength) + Int32(position % KVLayout.blockLength)
            }
        }
    }

    /// Says which blocks some of the rows attend to, ascending ones that now lie one behind the other.
    private func placeQueries(
        _ batch: borrowing TokenBatch, rows: some RandomAccessCollection<Int32>, _ tables: UnsafeBufferPointer<Int32>
    ) {
        scratch.sequences.removeAll()
        var place = 0
        var next = rows.startIndex
        for span in batch.spans {
            let firstBlock = Int(span.firstBlock)
            let table = unsafe UnsafeBufferPointer(rebasing: tables[firstBlock..<firstBlock + Int(span.blockCount)])
            let end = span.firstRow + span.rowCount
            while next < rows.endIndex, rows[next] < end {
                let first = rows[next]
                var count: Int32 = 0
                while next < rows.endIndex, rows[next] == first + count, first + count < end {
                    count += 1
                    rows.formIndex(after: &next)
                }
                unsafe scratch.sequences.append(
                    firstRow: place,
                    rowCount: Int(count),
                    firstPosition: Int(batch.positions[Int(first)]),
                    blockTable: table
                )
                place += Int(count)
            }
        }
    }

    /// The final norm for the rows that want logits or their states, and the head for the former. The step has the output rows alone.
    private func output(_ batch: borrowing TokenBatch, _ step: Qwen3Step) -> ForwardOutput {
        let (logitCount, stateCount) = (batch.logitRows.count, batch.stateRows.count)
        let rows = unsafe RowsView(
            scratch.logitInput.pointer, count: logitCount + stateCount, columns: shape.hiddenSize)
        copy(batch.logitRows, among: batch.outputRows, of: step, to: rows, at: 0)
        copy(batch.stateRows, among: batch.outputRows, of: step, to: rows, at: logitCount)
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

    /// Copies some of the output rows; both lists ascend.
    private func copy(_ wanted: [Int32], among outputs: [Int32], of step: Qwen3Step, to rows: RowsView, at first: Int) {
        var place = 0
        for (index, row) in wanted.enumerated() {
            while outputs[place] < row { place += 1 }
            unsafe rows.row(first + index).baseAddress?.update(
                from: step.hidden.pointer + place * shape.hiddenSize,
                count: shape.hiddenSize
            )
        }
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
