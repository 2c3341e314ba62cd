import Checkpoints
import Compute
import Engine
import Foundation
import Models
import Serving

/// What `ponder serve` is about to do: the options for loading, and the memory that they come to.
struct StartupPlan: Sendable {
    /// What a process takes before it knows of any model, and what a token of its vocabulary adds to that: the tokenizer's
    /// tables and the sampler's, measured.
    private static let programByteCount = 28 << 20
    private static let vocabularyByteCountPerToken = 64
    /// Tokens that a first chat is taken to leave in the KV cache.
    static let firstChatTokenCount = 128

    /// The name for clients.
    let name: String
    let settings: ServeSettings
    let model: MemoryPlan
    /// The small model that guesses ahead.
    let draft: MemoryPlan?
    let options: ModelStartupOptions
    let memory: EngineMemory
    /// Bytes that the process may take; nil where neither the settings nor the system say.
    let availableMemory: Int?

    init(
        _ checkpoint: Checkpoint, draft draftCheckpoint: Checkpoint? = nil, settings: ServeSettings,
        limits: MachineLimits = .current(), share: MemoryShare = MemoryShare(),
        creationTime: Int = Int(Date().timeIntervalSince1970)
    ) throws(ModelError) {
        name = settings.alias ?? checkpoint.name
        self.settings = settings
        var scaling = settings.ropeScaling
        scaling.contextLength = settings.context
        func describe(_ checkpoint: Checkpoint) throws(ModelError) -> MemoryPlan {
            try ModelLoader.describe(checkpoint, scaling: scaling, quantization: settings.quantization)
        }
        model = try describe(checkpoint)
        draft = if let draftCheckpoint { try describe(draftCheckpoint) } else { nil }
        availableMemory = settings.memoryLimit ?? limits.availableMemory
        var options = ModelStartupOptions()
        options.name = name
        options.aliases = settings.furtherAliases
        options.contextLength = min(settings.context ?? model.shape.contextLength, model.shape.contextLength)
        options.ropeScaling = settings.ropeScaling
        options.threadCount = settings.threads ?? limits.coreCount
        options.stepTokenBudget = settings.maxBatchTokens
        options.cacheFormat = settings.kvCacheType
        options.activations = settings.activationType ?? .suited(to: .current)
        options.speculation = settings.speculation
        options.endsLoops = settings.endsLoops
        options.prefillsAhead = settings.prefillsAhead
        options.reasoningMemoryByteCount = settings.reasoningMemory
        options.reasoningLifetime = settings.reasoningLifetime
        options.embeds = settings.embeds
        options.reranks = settings.reranks
        options.quantization = settings.quantization
        options.quantizedCache = settings.quantizedPlace.cache(for: settings.quantization)
        options.tileCache = settings.tileCache.map { TileCache(folder: $0) }
        options.creationTime = creationTime
        let weights = options.tileCache == nil ? model.residentByteCount + (draft?.residentByteCount ?? 0) : 0
        options.cacheByteCount =
            settings.kvCacheMemory
            ?? CacheBudget.automatic(
                plan: model,
                draft: draft,
                format: options.cacheFormat,
                contextLength: options.contextLength ?? model.shape.contextLength,
                fixedByteCount: weights + Self.workingByteCount(model, options.memory(for: model, draft: draft)),
                availableMemory: availableMemory,
                share: share
            )
        self.options = options
        memory = options.memory(for: model, draft: draft)
    }

    /// How far YaRN stretches positions, in the words of the table and the log; nil where nothing is stretched.
    var stretching: String? {
        let windows = memory.windows
        guard let first = windows.first, windows.count > 1 || first.factor != 1 else { return nil }
        guard windows.count > 1 else { return "YaRN with factor \(first.factorText) for every request" }
        let parts = windows.map { "\($0.factorText) up to \(MemoryPlan.grouped($0.length)) tokens" }
        return "YaRN by each request's length: factor \(parts.joined(separator: ", "))"
    }

    /// What an operator may not expect of the context; nothing where all is as asked for.
    var contextNotices: [String] { [lengthNotice, sizeNotice].compactMap(\.self) }

    private var lengthNotice: String? {
        guard let context = settings.context, context > memory.contextLength else { return nil }
        let asked = "A context of \(context) tokens was asked for"
        return context > model.shape.contextLength
            ? "\(asked); the model goes to \(model.shape.contextLength)."
            : "\(asked); the KV cache holds \(memory.contextLength): see --kv-cache-memory."
    }

    private var sizeNotice: String? {
        // What a checkpoint declares by itself is its makers' business.
        guard stretching != nil, memory.windows.count > 1 || settings.ropeScaling != RopeScaling(),
            model.parameterCount < Self.documentedParameterCount
        else { return nil }
        return "Qwen documents YaRN for models of 4 billion parameters and more; this one is smaller."
    }

    /// Below it, Qwen3's models are documented for 32,768 tokens only. The 4B has 4.0 billion.
    private static let documentedParameterCount = 3_000_000_000

    /// Whether the weights stay in a file, from which the system fetches what is used.
    var mapsWeights: Bool { options.tileCache != nil }

    /// The weights in memory: those that the system cannot drop.
    var weightByteCount: Int { mapsWeights ? 0 : residentWeightByteCount }

    /// The weights as they are used, of both models.
    var residentWeightByteCount: Int { model.residentByteCount + (draft?.residentByteCount ?? 0) }

    /// The bytes that one position takes in the caches of both models.
    var cacheByteCountPerToken: Int {
        memory.cacheByteCount / max(1, memory.cachedTokenCount)
    }

    /// Tokenizer, executable, sampler and all else that does not depend on settings.
    var programByteCount: Int { Self.programByteCount(model) }

    /// What is resident once the model has answered for the first time; mapped weights count as far as they are used.
    var startByteCount: Int {
        let cached = cacheByteCountPerToken * Self.firstChatTokenCount
        return residentWeightByteCount + memory.scratchByteCount + memory.logitByteCount + programByteCount
            + min(cached, memory.cacheByteCount)
    }

    /// What the process takes at most, which the machine must have.
    var neededByteCount: Int {
        weightByteCount + memory.cacheByteCount + Self.workingByteCount(model, memory)
    }

    private static func programByteCount(_ model: MemoryPlan) -> Int {
        programByteCount + vocabularyByteCountPerToken * model.shape.vocabularySize
    }

    private static func workingByteCount(_ model: MemoryPlan, _ memory: EngineMemory) -> Int {
        memory.scratchByteCount + memory.mostLogitByteCount + programByteCount(model)
    }

    /// Refuses a model that does not fit, in one line: what is needed, what there is, and what would help.
    func check() throws(StartupRefusal) {
        guard let availableMemory, neededByteCount > availableMemory else { return }
        throw StartupRefusal(self, availableMemory: availableMemory)
    }
}

/// Why a model is not loaded: the memory that it needs and the memory that there is.
struct StartupRefusal: Error, CustomStringConvertible {
    let description: String

    init(_ plan: StartupPlan, availableMemory: Int) {
        let cache = "\(ByteCount(plan.memory.cacheByteCount)) of KV cache for \(plan.memory.cachedTokenCount) tokens"
        let parts = plan.mapsWeights ? cache : "\(ByteCount(plan.weightByteCount)) of weights, \(cache)"
        let need = "\(plan.name) needs \(ByteCount(plan.neededByteCount)) of memory (\(parts))"
        let have = "and \(ByteCount(availableMemory)) \(plan.settings.memoryLimit == nil ? "is free" : "is its limit")"
        description = "\(need), \(have); \(Self.advice(plan, availableMemory: availableMemory))"
    }

    private static func advice(_ plan: StartupPlan, availableMemory: Int) -> String {
        var help: [String] = []
        // Rounded down, so that following the advice is enough.
        let mebibytes = (availableMemory - plan.neededByteCount + plan.memory.cacheByteCount) >> 20
        let cache = mebibytes << 20
        if cache >= plan.cacheByteCountPerToken * KVLayout.blockLength {
            help.append("--kv-cache-memory \(mebibytes)MiB")
        }
        if !plan.mapsWeights {
            help.append("a smaller quantisation")
            help.append("--tile-cache FOLDER, which leaves the weights on disk")
        } else if plan.settings.maxBatchTokens ?? 512 > 64 {
            help.append("a smaller --max-batch-tokens")
        }
        let limit = "--memory-limit \((plan.neededByteCount >> 20) + 1)MiB tries all the same"
        return help.isEmpty ? limit : "what helps: \(help.joined(separator: ", or ")); \(limit)"
    }
}
