internal import Models

/// The limits that follow from a configuration and a model's shape; every one of them is positive.
struct EngineLimits {
    /// More blocks are never made: their books would cost more than they could ever save.
    private static let blockCountLimit = 1 << 18

    /// The most tokens of prompt and output together.
    let contextLength: Int
    /// The contexts that requests can run in, at least one, ascending; the last has `contextLength` tokens.
    let windows: [ContextWindow]
    let scheduler: Scheduler.Limits

    /// The most rows of a forward pass.
    var rowLimit: Int { scheduler.rowCount }

    /// The most of them that want logits.
    var logitRowLimit: Int { scheduler.sequenceCount + scheduler.promptLogitRowCount }

    /// - Parameters:
    ///   - configuration: what was asked for.
    ///   - shape: the model's.
    ///   - draftShape: the draft model's, which takes its part of the cache's bytes.
    init(_ configuration: EngineConfiguration, shape: ModelShape, draftShape: ModelShape? = nil) {
        let blockLength = max(1, configuration.blockLength)
        let sequenceCount = max(1, configuration.sequenceLimit)
        let blockCount: Int
        switch configuration.cacheSize {
        case .blocks(let count):
            blockCount = count
        case .bytes(let byteCount):
            let blockByteCount = [shape, draftShape].compactMap(\.self).reduce(0) { sum, shape in
                sum
                    + KVCacheStorage.blockByteCount(
                        shape: shape, blockLength: blockLength, format: configuration.kvCacheFormat)
            }
            blockCount = byteCount / max(1, blockByteCount)
        }
        var scheduler = Scheduler.Limits(
            rowCount: max(sequenceCount + 1, configuration.stepTokenBudget), sequenceCount: sequenceCount,
            promptLogitRowCount: max(1, configuration.promptLogitRowLimit),
            blockCount: max(1, min(blockCount, Self.blockCountLimit)), blockLength: blockLength)
        contextLength = min(
            max(1, configuration.contextLength ?? shape.contextLength), max(1, shape.contextLength),
            scheduler.blockCount * blockLength)
        windows = shape.windows.within(contextLength)
        scheduler.windowCount = windows.count
        self.scheduler = scheduler
    }
}
