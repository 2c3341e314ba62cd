public import Checkpoints
public import Compute
internal import Glibc

/// Turns an opened checkpoint into a plan or a running model.
public enum ModelLoader {
    /// What the model needs, from its configuration and tensor list alone; also from a bare config.json.
    ///
    /// Throws where the configuration is not one that Ponder runs, or where a tensor is missing or of another shape.
    public static func describe(
        _ checkpoint: Checkpoint, scaling: RopeScaling = RopeScaling(), quantization: Quantization = .automatic
    ) throws(ModelError) -> MemoryPlan {
        try MemoryPlan(
            configuration(of: checkpoint, scaling: scaling), checkpoint: checkpoint, quantization: quantization)
    }

    /// Reads and repacks all weights, tensor by tensor; the files' pages are given back on the way.
    ///
    /// - Parameters:
    ///   - checkpoint: The files.
    ///   - pool: Who repacks, and who computes afterwards.
    ///   - weights: How its weights are held and computed with.
    ///   - scaling: How far its positions are stretched.
    ///   - progress: Called on this thread after each weight.
    /// - Returns: The model, whose weights do not need the files any more.
    /// - Throws: What `describe` throws, and where memory or the cache's disk runs out.
    public static func load(
        _ checkpoint: Checkpoint,
        pool: WorkerPool,
        weights: WeightOptions = WeightOptions(),
        scaling: RopeScaling = RopeScaling(),
        progress: @escaping (LoadingProgress) -> Void = { _ in }
    ) throws(ModelError) -> any CausalLanguageModel {
        guard checkpoint.kind != .configuration else {
            throw .checkpoint(CheckpointError(file: checkpoint.name, expected: "weights", found: "a bare config.json"))
        }
        let configuration = try configuration(of: checkpoint, scaling: scaling)
        do throws(ModelError) {
            return try Qwen3Model(configuration, checkpoint, pool: pool, options: weights, progress: progress)
        } catch .quantizedCache(let path) {
            var weights = weights
            if unsafe unlink(path) != 0 { weights.quantizedCache = nil }
            let notice = ModelError.quantizedCache(path: path).description + " and made anew"
            return try Qwen3Model(configuration, checkpoint, pool: pool, options: weights) { state in
                var state = state
                state.notices.insert(notice, at: 0)
                progress(state)
            }
        }
    }

    /// The rows that judge sequences in place of a head, such as a reranker's; nil where the checkpoint has none.
    public static func classifier(of checkpoint: Checkpoint) throws(ModelError) -> StateClassifier? {
        try StateClassifier(checkpoint, hiddenSize: configuration(of: checkpoint).hiddenSize)
    }

    /// The settings of a checkpoint's model with its positions stretched as somebody wants.
    private static func configuration(
        of checkpoint: Checkpoint, scaling: RopeScaling
    ) throws(ModelError) -> Qwen3Configuration {
        try configuration(of: checkpoint).scaled(by: scaling, source: checkpoint.name)
    }

    /// The settings of a checkpoint's model, from config.json or from GGUF keys.
    static func configuration(of checkpoint: Checkpoint) throws(ModelError) -> Qwen3Configuration {
        if let metadata = checkpoint.metadata {
            return try Qwen3Configuration(metadata: metadata, checkpoint: checkpoint)
        }
        guard let object = checkpoint.configuration else {
            throw .checkpoint(CheckpointError(file: checkpoint.name, expected: "a config.json", found: "none"))
        }
        var configuration = try Qwen3Configuration(configuration: object, source: "\(checkpoint.name)/config.json")
        let locator = Qwen3WeightLocator(checkpoint: checkpoint, configuration: configuration)
        configuration.head = locator.head
        return configuration
    }
}
