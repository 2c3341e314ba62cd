internal import Chat
public import Engine
internal import Tokenization

/// A chat reply that is being generated: one or several choices.
public struct ChatStream: ReplyStream {
    /// Keeps the model in memory.
    let lease: ModelLease
    public let warnings: [ServingWarning]
    public let choiceCount: Int
    /// What the request came to.
    public let settings: EffectiveSettings
    /// How many tokens the prompt has.
    public let promptTokenCount: Int
    let generations: [Generation]
    let readers: [ChatChoiceReader]
    let abortion: ReplyAbortion
    public let record = ReplyRecord()

    public var model: ServedModel { lease.model }

    public func abort() {
        abortion.ask()
        generations.forEach { $0.cancel() }
    }

    /// Brings thinking to an end, so that the answers follow; does nothing where it has ended. May be called from anywhere.
    public func endThinking() {
        generations.forEach { $0.endThinking() }
    }

    public var restoredReasoningCount: Int { settings.restoredReasoningCount }

    public var cachedTokenCount: Int { generations.first?.cachedTokenCount ?? 0 }

    public func promptTokenCount(choice: Int) -> Int { promptTokenCount }

    public func forEach(
        pulse: Duration?, prompt: (_ choice: Int, [PromptLogProbability]) -> Void,
        _ receive: ([ChatEvent]) async throws -> Void
    ) async throws -> TokenUsage {
        let counted = try await model.incidents.noticingDisconnects {
            try await generations.forEach(readers: readers, record: record, pulse: pulse, prompt: prompt, receive)
        }
        var usage = UsageCounter.usage(promptTokenCount: promptTokenCount, counted)
        usage.thinkingBudget = settings.isBudgetAskedFor ? settings.thinkingBudget : nil
        usage.yarnFactor = model.hasSeveralWindows ? settings.yarnFactor : nil
        usage.restoredReasoningCount = restoredReasoningCount
        return record.end(usage)
    }
}
