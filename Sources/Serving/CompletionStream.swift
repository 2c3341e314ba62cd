public import Engine
public import Sampling

/// Raw completions that are being generated: every choice of every prompt.
///
/// Choices are numbered through: those of the first prompt, then those of the second.
public struct CompletionStream: ReplyStream {
    /// Keeps the model in memory.
    let lease: ModelLease
    public let warnings: [ServingWarning]
    public var choiceCount: Int { generations.count }
    let promptTokenCounts: [Int]
    /// How far YaRN stretches positions, of several prompts the most.
    public let yarnFactor: Double
    /// What the request came to.
    public let settings: CompletionSettings
    let generations: [Generation]
    let readers: [CompletionChoiceReader]
    let abortion: ReplyAbortion
    public let record = ReplyRecord()

    public var model: ServedModel { lease.model }

    public func abort() {
        abortion.ask()
        generations.forEach { $0.cancel() }
    }

    public var cachedTokenCount: Int { generations.first?.cachedTokenCount ?? 0 }

    public func promptTokenCount(choice: Int) -> Int {
        promptTokenCounts[promptIndex(choice: choice)]
    }

    /// Which of the request's prompts a choice continues.
    public func promptIndex(choice: Int) -> Int {
        choice / max(1, choiceCount / max(1, promptTokenCounts.count))
    }

    public func forEach(
        pulse: Duration?, prompt: (_ choice: Int, [PromptLogProbability]) -> Void,
        _ receive: ([CompletionEvent]) async throws -> Void
    ) async throws -> TokenUsage {
        let counted = try await model.incidents.noticingDisconnects {
            try await generations.forEach(readers: readers, record: record, pulse: pulse, prompt: prompt, receive)
        }
        return record.end(usage(of: counted))
    }

    private func usage(of choices: [GenerationUsage?]) -> TokenUsage {
        let choicesPerPrompt = max(1, choices.count / max(1, promptTokenCounts.count))
        var total = TokenUsage()
        for (prompt, promptTokenCount) in promptTokenCounts.enumerated() {
            let ownChoices = choices.dropFirst(prompt * choicesPerPrompt).prefix(choicesPerPrompt)
            total.add(UsageCounter.usage(promptTokenCount: promptTokenCount, Array(ownChoices)))
        }
        total.yarnFactor = model.hasSeveralWindows ? yarnFactor : nil
        return total
    }
}

/// What a completion request came to once every gap was filled.
public struct CompletionSettings: Sendable {
    public var sampling: SamplingParameters
    public var stops: StopConditions
    /// The most tokens of the choices of each prompt.
    public var maximumTokens: [Int]
    /// What the context of each prompt holds.
    public var contextLength: Int
}
