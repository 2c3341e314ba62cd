internal import Compute
internal import Models

/// What a model's steps read and calculate, counted from its plan.
struct ModelWork {
    private let plan: MemoryPlan
    private let cacheByteCountPerToken: Int

    init(_ plan: MemoryPlan, cacheFormat: KVCacheFormat) {
        self.plan = plan
        cacheByteCountPerToken = plan.cacheByteCountPerToken(cacheFormat)
    }

    /// What the layers' products are of, once BF16 weights meet activations of a format.
    func arithmetic(activations: ActivationFormat) -> Arithmetic {
        let formats = Set([WeightClass.attention, .feedForward, .experts].flatMap { line($0)?.formats ?? [] })
        if !formats.isSubset(of: ["F32", "F16", "BF16"]) { return .int8 }
        return formats.contains("BF16") && activations == .bf16 ? .bf16 : .f32
    }

    /// Bytes of weights that every step reads, but for experts and the head.
    var layerByteCount: Int {
        [WeightClass.attention, .feedForward, .router, .norms].reduce(0) { $0 + (line($1)?.byteCount ?? 0) }
    }

    /// Bytes that a step reads besides if it wants logits: the embedding where the head is tied to it.
    var headByteCount: Int { (line(.head) ?? line(.embedding))?.byteCount ?? 0 }

    /// Bytes of one expert.
    var expertByteCount: Int { (line(.experts)?.byteCount ?? 0) / max(plan.expertCount, 1) }

    /// Bytes of the cache that rows read which see so many positions in all.
    func cacheByteCount(positions: Int) -> Int { positions * cacheByteCountPerToken }

    /// Multiplications and additions of one row with the layers' weights.
    var operationCountPerRow: Int {
        let others = [WeightClass.embedding, .head, .norms].reduce(0) { $0 + (line($1)?.parameterCount ?? 0) }
        return 2 * (plan.activeParameterCount - others)
    }

    /// The same of a row of which nothing is read, so that the last layer takes its keys and values alone. Layers count as alike.
    var operationCountPerUnreadRow: Int {
        let shape = plan.shape
        let keysAndValues = 2 * shape.keyValueHeadCount * shape.headDimension * shape.hiddenSize
        return operationCountPerRow - operationCountPerRow / max(shape.layerCount, 1) + 2 * keysAndValues
    }

    private func line(_ weightClass: WeightClass) -> MemoryPlan.Line? {
        plan.lines.first { $0.weightClass == weightClass }
    }
}
