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
    let sequences: AttentionBatch
    let mixture: Mixture?
    let hidden: AlignedBuffer<Float>
    let normed: AlignedBuffer<Float>
    let branch: AlignedBuffer<Float>
    let queries: AlignedBuffer<Float>
    let keys: AlignedBuffer<Float>
    let values: AlignedBuffer<Float>
    let gates: AlignedBuffer<Float>
    let ups: AlignedBuffer<Float>
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
        let hasDenseLayers = (0..<configuration.layerCount).contains { !configuration.isSparse(layer: $0) }
        let inner = hasDenseLayers ? configuration.feedForwardSize : 0
        input = MultiplyInput(
            rowLimit: max(rowLimit, logitRowLimit),
            columnLimit: max(hiddenSize, configuration.queryWidth, inner)
        )
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
        ups = AlignedBuffer(count: rowLimit * inner)
        routerLogits = AlignedBuffer(count: rowLimit * (configuration.mixture?.expertCount ?? 0))
        cosines = AlignedBuffer(count: rowLimit * pairCount)
        sines = AlignedBuffer(count: rowLimit * pairCount)
        rotationRows = AlignedBuffer(count: rowLimit)
        slots = AlignedBuffer(count: rowLimit)
        logitInput = AlignedBuffer(count: logitRowLimit * hiddenSize)
        logits = AlignedBuffer(count: logitRowLimit * configuration.vocabularySize)
        for row in 0..<rowLimit { rotationRows[row] = Int32(row) }
    }
}
