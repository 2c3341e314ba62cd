public import Models

/// What an engine takes besides its model's weights, known before anything is made.
public struct EngineMemory: Hashable, Sendable {
    /// Tokens that the key-value cache holds.
    public var cachedTokenCount: Int
    /// The key-value cache, once it is full: its pages are taken as blocks are first used.
    public var cacheByteCount: Int
    /// What forward passes work in, from the start on.
    public var scratchByteCount: Int
    /// The logits of one sequence, of both models; every other that runs at the same time takes as much.
    public var logitByteCount: Int
    /// The logits of as many rows as a step may want.
    public var mostLogitByteCount: Int
    /// The most tokens of prompt and output together.
    public var contextLength: Int
    /// The contexts that requests can run in, ascending.
    public var windows: [ContextWindow]
    /// The most tokens that a step computes.
    public var stepTokenCount: Int
}

extension EngineConfiguration {
    /// What an engine of this configuration will take for a model and its draft.
    public func memory(for plan: MemoryPlan, draft: MemoryPlan? = nil) -> EngineMemory {
        let limits = EngineLimits(self, shape: plan.shape, draftShape: draft?.shape)
        let (blockCount, blockLength) = (limits.scheduler.blockCount, limits.scheduler.blockLength)
        let plans = [plan, draft].compactMap(\.self)
        let block = plans.reduce(0) { sum, plan in
            sum + KVCacheStorage.blockByteCount(shape: plan.shape, blockLength: blockLength, format: kvCacheFormat)
        }
        let logits = plan.shape.hasHead ? plan.shape.vocabularySize * MemoryLayout<Float>.stride : 0
        let draftLogits = (draft?.shape.vocabularySize ?? 0) * MemoryLayout<Float>.stride
        return EngineMemory(
            cachedTokenCount: blockCount * blockLength, cacheByteCount: blockCount * block,
            scratchByteCount: plans.reduce(0) { $0 + limits.rowLimit * $1.scratchByteCountPerRow + $1.rotaryByteCount },
            logitByteCount: logits + draftLogits,
            mostLogitByteCount: limits.logitRowLimit * logits + DraftModel.sequenceLimit * draftLogits,
            contextLength: limits.contextLength,
            windows: limits.windows,
            stepTokenCount: limits.rowLimit)
    }
}
