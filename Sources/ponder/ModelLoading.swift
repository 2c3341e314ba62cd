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
        let draft = try openDraft()
        let draftPlan = try draft.map { try ModelLoader.describe($0) }
        let options = try options(for: plan, draft: draftPlan, on: MachineLimits.current())
        log(plan, draft: draftPlan, options)
        let start = ContinuousClock.now
        let model = try ModelStartup.load(checkpoint, draft: draft, options: options)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        logger.info("Loaded in \((seconds * 10).rounded() / 10) seconds. Context: \(model.contextLength) tokens.")
        return model
    }

    private func openDraft() throws -> Checkpoint? {
        guard let path = settings.draftModel else { return nil }
        guard settings.speculation == .automatic else {
            logger.notice("The draft model is not loaded: speculation is \(settings.speculation.rawValue).")
            return nil
        }
        return try Checkpoint.open(path)
    }

    private func options(for plan: MemoryPlan, draft: MemoryPlan?, on limits: MachineLimits) throws
        -> ModelStartupOptions
    {
        let contextLength = min(settings.context ?? plan.shape.contextLength, plan.shape.contextLength)
        let automatic = CacheBudget.automatic(
            plan: plan,
            draft: draft,
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
        options.speculation = settings.speculation
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

    private func log(_ plan: MemoryPlan, draft: MemoryPlan?, _ options: ModelStartupOptions) {
        let weights = ByteCount(plan.weightByteCount)
        logger.info("\(name): \(plan.architecture), \(plan.parameterCount) parameters, \(weights).")
        if let draft {
            let weights = ByteCount(draft.weightByteCount)
            logger.info("Draft model \(draft.name): \(draft.parameterCount) parameters, \(weights).")
        }
        if let byteCount = options.cacheByteCount {
            let cache = "\(ByteCount(byteCount)) of \(options.cacheFormat)"
            logger.info("KV cache: \(cache). Threads: \(options.threadCount).")
        }
    }
}
