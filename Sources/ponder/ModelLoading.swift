import Checkpoints
import Engine
import Foundation
import Logging
import Models
import Serving

/// Loads the model of `ponder serve`, with what the settings leave to the machine decided.
struct ModelLoading: Sendable {
    let checkpoint: Checkpoint
    /// The name for clients.
    let name: String
    let settings: ServeSettings
    let logger: Logger

    /// Loads on a thread of its own, as reading a large model blocks for minutes, and hands over what came of it.
    func begin(_ completion: @escaping @Sendable (Result<ServedModel, any Error>) -> Void) {
        let thread = Thread { completion(Result { try load() }) }
        thread.name = "ponder-loading"
        thread.stackSize = 8 << 20
        thread.start()
    }

    private func load() throws -> ServedModel {
        let plan = try ModelLoader.describe(checkpoint)
        let options = try options(for: plan, on: MachineLimits.current())
        log(plan, options)
        let start = ContinuousClock.now
        let model = try ModelStartup.load(checkpoint, options: options)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        logger.info("Loaded in \((seconds * 10).rounded() / 10) seconds. Context: \(model.contextLength) tokens.")
        return model
    }

    private func options(for plan: MemoryPlan, on limits: MachineLimits) throws -> ModelStartupOptions {
        let contextLength = min(settings.context ?? plan.shape.contextLength, plan.shape.contextLength)
        let automatic = CacheBudget.automatic(
            plan: plan,
            format: settings.kvCacheType,
            contextLength: contextLength,
            availableMemory: limits.availableMemory
        )
        var options = ModelStartupOptions()
        options.name = name
        options.chatTemplate = try chatTemplate()
        options.contextLength = contextLength
        options.threadCount = settings.threads ?? limits.coreCount
        options.stepTokenBudget = settings.maxBatchTokens
        options.cacheByteCount = settings.kvCacheMemory ?? automatic
        options.cacheFormat = settings.kvCacheType
        options.creationTime = Int(Date().timeIntervalSince1970)
        return options
    }

    private func chatTemplate() throws(SettingsError) -> String? {
        guard let path = settings.chatTemplateFile else { return nil }
        // A handle reads pipes too, such as a shell's <(…).
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.readToEnd() else {
            throw SettingsError("\(path): the chat template file cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func log(_ plan: MemoryPlan, _ options: ModelStartupOptions) {
        let weights = ByteCount(plan.weightByteCount)
        logger.info("\(name): \(plan.architecture), \(plan.parameterCount) parameters, \(weights).")
        if let byteCount = options.cacheByteCount {
            let cache = "\(ByteCount(byteCount)) of \(options.cacheFormat)"
            logger.info("KV cache: \(cache). Threads: \(options.threadCount).")
        }
    }
}
