internal import Chat
public import Engine
internal import Tokenization

/// A chat reply that is being generated: one or several choices, read as one stream of events.
///
/// It is read once. Dropping it, or cancelling the task that reads it, cancels the generations.
public struct ChatStream: Sendable {
    /// The model that answers, by its own name.
    public let model: ServedModel
    /// What was asked for and will not happen as asked.
    public let warnings: [ServingWarning]
    public let choiceCount: Int
    /// What the request came to.
    public let settings: EffectiveSettings
    /// How many tokens the prompt has.
    public let promptTokenCount: Int
    let generations: [Generation]
    let readers: [ChatChoiceReader]

    /// Brings thinking to an end, so that the answers follow; does nothing where it has ended. May be called from anywhere.
    public func endThinking() {
        generations.forEach { $0.endThinking() }
    }

    /// Prompt tokens that the first choice found in the prefix cache; 0 before there is progress.
    public var cachedTokenCount: Int { generations.first?.cachedTokenCount ?? 0 }

    /// Hands all events to `receive`, in order within each choice, until all choices are complete.
    ///
    /// - Parameters:
    ///   - pulse: where given, an event `pulse` comes again and again after this time, whatever else happens.
    ///   - prompt: takes how likely the tokens of a choice's prompt are, where the request asked for it.
    ///   - receive: takes all that is new of one choice; while it waits, the engine holds back what follows.
    /// - Returns: the tokens of all choices.
    /// - Throws: ``ServingError`` where the engine gives up, and whatever `receive` throws.
    public func forEach(
        pulse: Duration? = nil, prompt: (_ choice: Int, [PromptLogProbability]) -> Void = { _, _ in },
        _ receive: ([ChatEvent]) async throws -> Void
    ) async throws -> TokenUsage {
        var readers = readers
        try await forEachEvent(of: generations, pulse: pulse) { merged in
            switch merged {
            case .pulse:
                try await receive([.pulse])
            case .events(let index, let events):
                var chatEvents: [ChatEvent] = []
                for event in events {
                    if case .promptLogProbabilities(let new) = event {
                        prompt(index, new)
                    }
                    chatEvents += try readers[index].read(event)
                }
                try await receive(chatEvents)
                if readers[index].exceedsToolCallLimit {
                    generations[index].cancel()
                }
            }
        }
        return UsageCounter.usage(promptTokenCount: promptTokenCount, readers.map(\.usage))
    }
}
