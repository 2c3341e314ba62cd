import Compute
import Models

/// How much memory the KV cache gets where nobody said.
struct CacheBudget {
    /// Replies that a machine of enough memory can hold at full length.
    static let sequenceCount = 64

    /// Half of what remains beside the weights and all else, or a quarter where there are several models: the rest is for prompts,
    /// other models and programs, and the system's file cache.
    ///
    /// Never more than `sequenceCount` sequences at full context can use, and never less than one block's worth of a small
    /// context, so that a full machine serves short requests instead of none.
    ///
    /// - Parameters:
    ///   - plan: What the model needs.
    ///   - draft: What the draft model needs, which caches the same tokens.
    ///   - format: How the cache stores numbers.
    ///   - contextLength: The most tokens of a sequence.
    ///   - fixedByteCount: Bytes that are taken besides.
    ///   - availableMemory: Bytes that are free before the model is loaded; nil where the system does not say.
    ///   - share: How it shares them with others.
    /// - Returns: Bytes.
    static func automatic(
        plan: MemoryPlan,
        draft: MemoryPlan? = nil,
        format: KVCacheFormat,
        contextLength: Int,
        fixedByteCount: Int,
        availableMemory: Int?,
        share: MemoryShare = MemoryShare()
    ) -> Int {
        let perToken = plan.cacheByteCountPerToken(format) + (draft?.cacheByteCountPerToken(format) ?? 0)
        let (perSequence, overflow) = perToken.multipliedReportingOverflow(by: contextLength)
        let most = overflow ? Int.max / sequenceCount : perSequence
        let useful = most.multipliedReportingOverflow(by: sequenceCount)
        let smallest = min(perToken * min(contextLength, share.leastTokenCount), most)
        let free = availableMemory.map { max(0, $0 - fixedByteCount) / share.cacheDivisor } ?? 1 << 30
        return max(smallest, min(free, useful.overflow ? Int.max : useful.partialValue))
    }
}
