internal import Chat
public import Checkpoints
public import Compute
public import Engine
public import Models
internal import Tokenization

/// How a checkpoint is to be served; nil leaves the choice to the checkpoint.
public struct ModelStartupOptions: Sendable, Hashable {
    /// The name that requests use.
    public var name: String?
    public var aliases: [String] = []
    /// The source of a chat template that takes the place of the checkpoint's own.
    public var chatTemplate: String?
    /// The most tokens of prompt and reply together.
    public var contextLength: Int?
    /// How positions are stretched for a longer context than the checkpoint was trained with.
    public var ropeScaling = RopeScaling()
    /// Threads that compute, the engine's own included.
    public var threadCount = 1
    /// The most tokens that one step computes.
    public var stepTokenBudget: Int?
    /// Bytes for the key-value cache.
    public var cacheByteCount: Int?
    /// How the cache stores numbers.
    public var cacheFormat = KVCacheFormat.f16
    /// What BF16 weights are multiplied with.
    public var activations = ActivationFormat.f32
    /// What becomes of the weights when they are read.
    public var quantization = Quantization.automatic
    /// Where repacked weights are kept, to be used from the page cache; nil keeps them in memory.
    public var tileCache: TileCache?
    /// Where quantised weights are kept for the next start; nil quantises at each.
    public var quantizedCache: QuantizedCache?
    /// How tokens are guessed ahead.
    public var speculation = SpeculationMode.automatic
    /// Whether a model that was not made for it gives embeddings.
    public var embeds = false
    /// Whether a model that was not made for it judges documents.
    public var reranks = false
    /// Whether replies that go round in a loop are ended.
    public var endsLoops = true
    /// Whether the engine computes the next turn of a conversation before it comes, while there is nothing else to do.
    public var prefillsAhead = true
    /// Bytes of what the model thought before its replies, kept for clients that leave it out; 0 keeps nothing.
    public var reasoningMemoryByteCount = 64 << 20
    /// How long that is kept after its last use.
    public var reasoningLifetime = Duration.seconds(3600)
    /// The most requests that may wait.
    public var queueLimit: Int?
    /// Seconds since 1970, for the model's entry in lists.
    public var creationTime = 0

    public init() {}
}

/// Why a model cannot be served: one line.
public struct ModelStartupError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    /// What files say of themselves may stand in the description: it is made safe for one line of a log or a terminal.
    init(_ description: String) {
        self.description = CheckpointError.printable(description)
    }
}

/// From an opened checkpoint to a model that answers: tokenizer, chat template, defaults, then weights and engine.
public enum ModelStartup {
    /// Opens a GGUF file, a safetensors file or a folder, and loads it.
    ///
    /// Takes as long as reading the weights does, and blocks: not for a task of the concurrent pool.
    public static func load(
        path: String, options: ModelStartupOptions = ModelStartupOptions()
    ) throws(ModelStartupError) -> ServedModel {
        let checkpoint: Checkpoint
        do {
            checkpoint = try Checkpoint.open(path)
        } catch {
            throw ModelStartupError(error.description)
        }
        return try load(checkpoint, options: options)
    }

    /// Loads a checkpoint. What is cheap comes first, so that a missing tokenizer shows before the weights are read.
    /// The draft's is that of a small model with the same vocabulary, to guess tokens ahead. `progress` is called on the engine's
    /// thread as the model's weights are read.
    public static func load(
        _ checkpoint: Checkpoint, draft: Checkpoint? = nil, options: ModelStartupOptions = ModelStartupOptions(),
        progress: @escaping @Sendable (LoadingProgress) -> Void = { _ in }
    ) throws(ModelStartupError) -> ServedModel {
        try naming(checkpoint) {
            let parts = try ModelParts(checkpoint, options: options)
            let engine = try engine(
                for: checkpoint, draft: draft, tokenizer: parts.tokenizer, options: options, progress: progress)
            return ServedModel(
                name: options.name ?? checkpoint.name, aliases: options.aliases, creationTime: options.creationTime,
                fingerprint: try CheckpointFingerprint.text(of: checkpoint, options: options),
                contextLength: engine.contextLength, engine: engine, tokenizer: parts.tokenizer,
                chatFormat: parts.format, defaults: parts.defaults, abilities: parts.abilities, facts: parts.facts,
                reasoningMemory: options.reasoningMemoryByteCount > 0
                    ? ReasoningMemory(
                        byteLimit: options.reasoningMemoryByteCount, lifetime: options.reasoningLifetime) : nil)
        }
    }

    /// What lists tell of a checkpoint, without loading it.
    public static func describe(
        _ checkpoint: Checkpoint, options: ModelStartupOptions = ModelStartupOptions()
    ) throws(ModelStartupError) -> ModelDescription {
        try naming(checkpoint) {
            let parts = try ModelParts(checkpoint, options: options)
            let contextLength = min(options.contextLength ?? .max, parts.plan.shape.contextLength)
            return ModelDescription(
                name: options.name ?? checkpoint.name, aliases: options.aliases, creationTime: options.creationTime,
                fingerprint: try CheckpointFingerprint.text(of: checkpoint, options: options),
                contextLength: contextLength, windows: parts.plan.shape.windows.within(contextLength),
                shape: parts.plan.shape, facts: parts.facts, abilities: parts.abilities, chatFormat: parts.format,
                tokenizer: parts.tokenizer, defaults: parts.defaults)
        }
    }

    /// Runs what may fail; its errors name the checkpoint.
    private static func naming<Value>(
        _ checkpoint: Checkpoint, _ work: () throws -> Value
    ) throws(ModelStartupError) -> Value {
        do {
            return try work()
        } catch let error as ModelStartupError {
            throw error
        } catch {
            throw ModelStartupError("\(checkpoint.name): \(error)")
        }
    }

    private static func engine(
        for checkpoint: Checkpoint, draft: Checkpoint?, tokenizer: Tokenizer, options: ModelStartupOptions,
        progress: @escaping @Sendable (LoadingProgress) -> Void
    ) throws -> InferenceEngine {
        var configuration = options.engineConfiguration
        configuration.vocabularyLimit = tokenizer.tokenCount
        let (threadCount, scaling, weights) = (options.threadCount, options.scaling, options.weights)
        let draft = try options.speculation == .automatic ? DraftCheckpoint.checked(draft, for: tokenizer) : nil
        return try InferenceEngine(configuration: configuration, tokenBytes: TokenizerBytes(tokenizer)) {
            // The thread that makes the pool is its first worker, and this is the engine's.
            let pool = WorkerPool(threadCount: threadCount)
            let model = try ModelLoader.load(
                checkpoint, pool: pool, weights: weights, scaling: scaling, progress: progress)
            let guesser = try draft.map { draft throws(ModelError) in
                try ModelLoader.load(draft, pool: pool, weights: weights, scaling: scaling)
            }
            return EngineModels(model: model, draft: guesser, pool: pool)
        }
    }
}

/// All of a model but its weights.
private struct ModelParts {
    let tokenizer: Tokenizer
    let format: ChatFormat?
    let defaults: GenerationDefaults
    let abilities: ModelAbilities
    let plan: MemoryPlan
    let facts: ModelFacts

    init(_ checkpoint: Checkpoint, options: ModelStartupOptions) throws {
        let tokenizer = try CheckpointTokenizer.tokenizer(of: checkpoint)
        let template = try options.chatTemplate ?? CheckpointTemplate.source(of: checkpoint)
        format = try template.map { source in
            try ChatFormat(
                template: source, tokenizer: tokenizer,
                variables: try CheckpointTemplate.variables(of: checkpoint, tokenizer: tokenizer))
        }
        var defaults = GenerationDefaults(
            advice: try CheckpointDefaults.advice(of: checkpoint),
            endTokens: try CheckpointDefaults.endTokens(of: checkpoint, tokenizer: tokenizer))
        defaults.endsLoops = options.endsLoops
        self.defaults = defaults
        abilities = try CheckpointAbilities.abilities(of: checkpoint, tokenizer: tokenizer, options: options)
        self.tokenizer = tokenizer
        plan = try ModelLoader.describe(
            checkpoint, scaling: options.scaling, quantization: options.quantization)
        facts = ModelFacts(plan, license: CheckpointLicense.name(of: checkpoint))
    }
}

extension ModelStartupOptions {
    /// How positions are stretched, for the context that is asked for.
    public var scaling: RopeScaling {
        var scaling = ropeScaling
        scaling.contextLength = contextLength ?? scaling.contextLength
        return scaling
    }

    fileprivate var weights: WeightOptions {
        WeightOptions(
            activations: activations, quantization: quantization, tileCache: tileCache, quantizedCache: quantizedCache)
    }

    /// What an engine that is started with these options will take for a model and its draft, besides their weights.
    public func memory(for plan: MemoryPlan, draft: MemoryPlan? = nil) -> EngineMemory {
        engineConfiguration.memory(for: plan, draft: draft)
    }

    fileprivate var engineConfiguration: EngineConfiguration {
        var configuration = EngineConfiguration()
        configuration.contextLength = contextLength
        configuration.kvCacheFormat = cacheFormat
        configuration.stepTokenBudget = stepTokenBudget ?? configuration.stepTokenBudget
        configuration.queueLimit = queueLimit ?? configuration.queueLimit
        configuration.prefillAhead = prefillsAhead ? PrefillAhead() : nil
        configuration.speculation = speculation.engineSpeculation
        if let cacheByteCount {
            configuration.cacheSize = .bytes(cacheByteCount)
        }
        return configuration
    }
}
