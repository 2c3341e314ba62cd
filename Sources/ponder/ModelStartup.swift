import Checkpoints
import Compute
import Engine
import Foundation
import Logging
import Models
import Serving
import Tokenization

/// From a model's opened files to one that answers: plan, load, name.
struct ModelStartup: Sendable {
    let checkpoint: Checkpoint
    /// The name for clients.
    let name: String
    let settings: ServeSettings
    let logger: Logger

    /// Loads on a thread of its own, as reading a large model blocks for minutes, and hands over what came of it.
    func begin(_ completion: @escaping @Sendable (Result<ServedModel, any Error>) -> Void) {
        let thread = Thread { completion(Result { try load() }) }
        thread.name = "ponder-startup"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func load() throws -> ServedModel {
        let started = ContinuousClock.now
        let plan = try ModelLoader.describe(checkpoint)
        let tokenizer = try checkpoint.makeTokenizer()
        guard tokenizer.tokenCount <= plan.shape.vocabularySize else {
            throw ModelStartupError(
                "\(checkpoint.name): the tokenizer has \(tokenizer.tokenCount) tokens, "
                    + "more than the model's \(plan.shape.vocabularySize) rows")
        }
        let chatFormat = try checkpoint.makeChatFormat(template: chatTemplate(), tokenizer: tokenizer)
        let limits = MachineLimits.current()
        let threadCount = settings.threads ?? limits.coreCount
        let configuration = engineConfiguration(plan, limits, vocabularyLimit: tokenizer.tokenCount)
        log(plan, configuration, threadCount: threadCount)
        let engine = try InferenceEngine(configuration: configuration, tokenBytes: TokenizerBytes(tokenizer: tokenizer))
        {
            try ModelLoader.load(checkpoint, pool: WorkerPool(threadCount: threadCount))
        }
        logger.info(
            "Loaded in \((ContinuousClock.now - started).formatted(.units(width: .narrow, fractionalPart: .show(length: 1))))."
        )
        return ServedModel(
            name: name,
            creationTime: Int(Date().timeIntervalSince1970),
            fingerprint: "\(ModelFingerprint(checkpoint, kvCacheFormat: settings.kvCacheType))",
            contextLength: engine.contextLength,
            engine: engine,
            tokenizer: tokenizer,
            chatFormat: chatFormat,
            defaults: try checkpoint.generationDefaults(tokenizer)
        )
    }

    private func chatTemplate() throws -> String? {
        guard let path = settings.chatTemplateFile else { return nil }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw ModelStartupError("\(path): the chat template file cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func engineConfiguration(
        _ plan: MemoryPlan,
        _ limits: MachineLimits,
        vocabularyLimit: Int
    ) -> EngineConfiguration {
        let contextLength = min(settings.context ?? plan.shape.contextLength, plan.shape.contextLength)
        let automatic = CacheBudget.automatic(
            plan: plan,
            format: settings.kvCacheType,
            contextLength: contextLength,
            availableMemory: limits.availableMemory
        )
        var configuration = EngineConfiguration(
            cacheSize: .bytes(settings.kvCacheMemory ?? automatic),
            kvCacheFormat: settings.kvCacheType,
            contextLength: contextLength,
            sequenceLimit: CacheBudget.sequenceCount,
            vocabularyLimit: vocabularyLimit
        )
        if let budget = settings.maxBatchTokens { configuration.stepTokenBudget = budget }
        return configuration
    }

    private func log(_ plan: MemoryPlan, _ configuration: EngineConfiguration, threadCount: Int) {
        let weights = ByteCount(plan.weightByteCount)
        logger.info("\(name): \(plan.architecture), \(plan.parameterCount) parameters, \(weights).")
        if case .bytes(let count) = configuration.cacheSize {
            logger.info("KV cache: \(ByteCount(count)) of \(settings.kvCacheType). Threads: \(threadCount).")
        }
        if settings.model == nil {
            logger.notice("The built-in model has random weights: it shows that the server works, not what Qwen3 says.")
        }
    }
}
