import Checkpoints
import Engine
import Foundation
import Logging
import Models
import Serving

/// Loads the model of `ponder serve` as planned.
struct ModelLoading: Sendable {
    let checkpoint: Checkpoint
    let draft: Checkpoint?
    let plan: StartupPlan
    let logger: Logger
    /// Shows how far quantising is; nil logs it.
    var showProgress: (@Sendable (String) -> Void)?

    /// Loads on a thread of its own, as reading a large model blocks for minutes, and hands over what came of it.
    func begin(_ completion: @escaping @Sendable (Result<ServedModel, any Error>) -> Void) {
        let thread = Thread { completion(Result { try load() }) }
        thread.name = "ponder-loading"
        thread.stackSize = 8 << 20
        thread.start()
    }

    /// The model with its memory, as a server loads it when a request names it.
    func planned() -> PlannedModel {
        var refusal: String?
        do throws(StartupRefusal) {
            try plan.check()
        } catch {
            refusal = error.description
        }
        return PlannedModel(byteCount: plan.neededByteCount, refusal: refusal) {
            let model = try load()
            watch(model)
            return model
        }
    }

    /// Logs when a model answers nothing any more, unless it was given up.
    private func watch(_ model: ServedModel) {
        Task { [name = model.name, engine = model.engine] in
            guard let reason = await engine.waitForEnd() else { return }
            logger.critical("\(name) stopped: \(reason). POST /models/load loads it again.")
        }
    }

    /// What lists tell of the model.
    func describe() throws -> ModelDescription {
        var options = plan.options
        options.chatTemplate = try chatTemplate()
        return try ModelStartup.describe(checkpoint, options: options)
    }

    private func load() throws -> ServedModel {
        log()
        let start = ContinuousClock.now
        var options = plan.options
        options.chatTemplate = try chatTemplate()
        let report = report(options.quantization)
        let model = try ModelStartup.load(checkpoint, draft: draft, options: options, progress: report.update)
        checkpoint.releasePages()
        draft?.releasePages()
        ProcessPreparation.returnFreedMemory()
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        logger.info("Loaded in \((seconds * 10).rounded() / 10) seconds. Context: \(model.contextLength) tokens.")
        return model
    }

    private func report(_ quantization: Quantization) -> QuantizingReport {
        QuantizingReport { [logger, showProgress] percent in
            let text = "quantising to \(quantization.rawValue), \(percent) %"
            if let showProgress { showProgress(text) } else { logger.info("\(plan.name): \(text)") }
        } warn: { [logger] in
            logger.warning("\($0).")
        }
    }

    private func chatTemplate() throws(SettingsError) -> String? {
        guard let path = plan.settings.chatTemplateFile else { return nil }
        // A handle reads pipes too, such as a shell's <(…).
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.readToEnd() else {
            throw SettingsError("\(path): the chat template file cannot be read")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func log() {
        for model in [plan.model, plan.draft].compactMap(\.self) {
            let title = model == plan.model ? plan.name : "Draft model \(model.name)"
            let weights = ByteCount(model.weightByteCount)
            logger.info("\(title): \(model.architecture), \(model.parameterCount) parameters, \(weights).")
        }
        if plan.settings.draftModel != nil, plan.draft == nil {
            logger.notice("The draft model is not loaded: speculation is \(plan.settings.speculation.rawValue).")
        }
        if let stretching = plan.stretching { logger.info("\(stretching).") }
        for notice in plan.contextNotices { logger.notice("\(notice)") }
        let cache = "\(ByteCount(plan.memory.cacheByteCount)) of \(plan.options.cacheFormat)"
        logger.info("KV cache: \(cache). Threads: \(plan.options.threadCount).")
    }
}
