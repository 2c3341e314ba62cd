public import Engine

/// Raw completions that are being generated: every choice of every prompt, read as one stream of events.
///
/// Choices are numbered through: those of the first prompt, then those of the second. The stream is read once. Dropping
/// it, or cancelling the task that reads it, cancels the generations.
public struct CompletionStream: Sendable {
    /// The model that answers.
    public let model: ServedModel
    public let warnings: [ServingWarning]
    /// All choices of all prompts.
    public var choiceCount: Int { generations.count }
    let promptTokenCounts: [Int]
    let generations: [Generation]
    let readers: [CompletionChoiceReader]

    /// Prompt tokens that the first choice found in the prefix cache; 0 before there is progress.
    public var cachedTokenCount: Int { generations.first?.cachedTokenCount ?? 0 }

    /// Hands all events to `receive`, in order within each choice, until all choices are complete.
    ///
    /// - Parameters:
    ///   - pulse: where given, an event `pulse` comes again and again after this time, whatever else happens.
    ///   - prompt: takes how likely the tokens of a choice's prompt are, where the request asked for it.
    ///   - receive: takes all that is new of one choice; while it waits, the engine holds back what follows.
    /// - Returns: the tokens of all prompts and choices.
    /// - Throws: ``ServingError`` where the engine gives up, and whatever `receive` throws.
    public func forEach(
        pulse: Duration? = nil, prompt: (_ choice: Int, [PromptLogProbability]) -> Void = { _, _ in },
        _ receive: ([CompletionEvent]) async throws -> Void
    ) async throws -> TokenUsage {
        var readers = readers
        try await forEachEvent(of: generations, pulse: pulse) { merged in
            switch merged {
            case .pulse:
                try await receive([.pulse])
            case .events(let index, let events):
                var completionEvents: [CompletionEvent] = []
                for event in events {
                    if case .promptLogProbabilities(let new) = event {
                        prompt(index, new)
                    }
                    completionEvents += try readers[index].read(event)
                }
                try await receive(completionEvents)
            }
        }
        return usage(of: readers.map(\.usage))
    }

    private func usage(of choices: [GenerationUsage?]) -> TokenUsage {
        let choicesPerPrompt = max(1, choices.count / max(1, promptTokenCounts.count))
        var total = TokenUsage()
        for (prompt, promptTokenCount) in promptTokenCounts.enumerated() {
            let ownChoices = choices.dropFirst(prompt * choicesPerPrompt).prefix(choicesPerPrompt)
            total.add(UsageCounter.usage(promptTokenCount: promptTokenCount, Array(ownChoices)))
        }
        return total
    }
}
