internal import Compute

/// The memory of a forward pass, sized once for the largest batch.
@safe
final class Qwen3Scratch {
    /// What a mixture of experts needs besides.
    struct Mixture {
        let routing: ExpertRouting
        let scratch: ExpertScratch
    }

    let rowLimit: Int
    let logitRowLimit: Int
    let input: MultiplyInput
    let gatedInput: MultiplyInput
    let sequences: AttentionBatch
    let mixture: Mixture?
    let hidden: AlignedBuffer<Float>
    let normed: AlignedBuffer<Float>
    let branch: AlignedBuffer<Float>
    let queries: AlignedBuffer<Float>
    let keys: AlignedBuffer<Float>
    let values: AlignedBuffer<Float>
    let gates: AlignedBuffer<Float>
    let routerLogits: AlignedBuffer<Float>
    /// A row's cosines and sines, `[rows × headDimension / 2]`.
    let cosines: AlignedBuffer<Float>
    let sines: AlignedBuffer<Float>
    /// 0, 1, 2 …: a row's place in those tables.
    let rotationRows: AlignedBuffer<Int32>
    /// Where a row's keys and values go in the cache.
    let slots: AlignedBuffer<Int32>
    let logitInput: AlignedBuffer<Float>
    let logits: AlignedBuffer<Float>

    init(_ configuration: Qwen3Configuration, rowLimit: Int, logitRowLimit: Int) {
        self.rowLimit = rowLimit
        self.logitRowLimit = logitRowLimit
        let (hiddenSize, pairCount) = (configuration.hiddenSize, configuration.headDimension / 2)
        let inner = Self.innerSize(configuration)
        input = MultiplyInput(
            rowLimit: max(rowLimit, logitRowLimit),
            columnLimit: max(hiddenSize, configuration.queryWidth)
        )
        gatedInput = MultiplyInput(rowLimit: rowLimit, columnLimit: inner)
        sequences = AttentionBatch(sequenceLimit: rowLimit)
        mixture = configuration.mixture.map { mixture in
            Mixture(
                routing: ExpertRouting(rowLimit: rowLimit, choices: mixture.activeExpertCount),
                scratch: ExpertScratch(
                    rowLimit: rowLimit,
                    choices: mixture.activeExpertCount,
                    expertCount: mixture.expertCount,
                    hidden: hiddenSize,
                    inner: mixture.feedForwardSize
                )
            )
        }
        hidden = AlignedBuffer(count: rowLimit * hiddenSize)
        normed = AlignedBuffer(count: rowLimit * hiddenSize)
        branch = AlignedBuffer(count: rowLimit * hiddenSize)
        queries = AlignedBuffer(count: rowLimit * configuration.queryWidth)
        keys = AlignedBuffer(count: rowLimit * configuration.keyValueWidth)
        values = AlignedBuffer(count: rowLimit * configuration.keyValueWidth)
        gates = AlignedBuffer(count: rowLimit * inner)
        routerLogits = AlignedBuffer(count: rowLimit * (configuration.mixture?.expertCount ?? 0))
        cosines = AlignedBuffer(count: rowLimit * pairCount)
        sines = AlignedBuffer(count: rowLimit * pairCount)
        rotationRows = AlignedBuffer(count: rowLimit)
        slots = AlignedBuffer(count: rowLimit)
        logitInput = AlignedBuffer(count: logitRowLimit * hiddenSize)
        // Most steps want the logits of a few rows.
        logits = AlignedBuffer(count: logitRowLimit * configuration.vocabularySize, pages: .onFirstUse)
        for row in 0..<rowLimit { rotationRows[row] = Int32(row) }
    }

    /// Moves what a last layer still needs of some rows, ascending ones, to the front: the residual stream and the angles.
    func gather(_ rows: [Int32]) {
        func view(_ buffer: borrowing AlignedBuffer<Float>) -> RowsView {
            unsafe RowsView(buffer.pointer, count: rowLimit, columns: buffer.count / rowLimit)
        }
        view(hidden).gather(rows)
        view(cosines).gather(rows)
        view(sines).gather(rows)
    }

    /// Bytes of everything but the logits.
    var byteCount: Int {
        let rows = hidden.byteCount + normed.byteCount + branch.byteCount
        let attention = queries.byteCount + keys.byteCount + values.byteCount + sequences.byteCount
        let feedForward = gates.byteCount + routerLogits.byteCount
        let experts = mixture.map { $0.routing.byteCount + $0.scratch.byteCount } ?? 0
        let places = cosines.byteCount + sines.byteCount + rotationRows.byteCount + slots.byteCount
        return input.byteCount + gatedInput.byteCount + rows + attention + feedForward + experts + places
            + logitInput.byteCount
    }

    /// What each row adds to that.
    static func byteCountPerRow(_ configuration: Qwen3Configuration) -> Int {
        let (hiddenSize, queryWidth) = (configuration.hiddenSize, configuration.queryWidth)
        let inner = innerSize(configuration)
        let floats =
            3 * hiddenSize + queryWidth + 2 * configuration.keyValueWidth + inner
            + configuration.headDimension + (configuration.mixture?.expertCount ?? 0)
        let experts = configuration.mixture.map { mixture in
            ExpertRouting.byteCountPerRow(choices: mixture.activeExpertCount)
                + ExpertScratch.byteCountPerRow(
                    choices: mixture.activeExpertCount, hidden: hiddenSize, inner: mixture.feedForwardSize)
        }
        return floats * MemoryLayout<Float>.stride + 2 * MemoryLayout<Int32>.stride
            + AttentionBatch.byteCountPerSequence
            + MultiplyInput.byteCountPerRow(columns: max(hiddenSize, queryWidth))
            + MultiplyInput.byteCountPerRow(columns: inner) + (experts ?? 0)
    }

    /// The width of a dense layer's feed-forward block; 0 where there is no such layer.
    private static func innerSize(_ configuration: Qwen3Configuration) -> Int {
        let hasDenseLayers = (0..<configuration.layerCount).contains { !configuration.isSparse(layer: $0) }
        return hasDenseLayers ? configuration.feedForwardSize : 0
    }
}
