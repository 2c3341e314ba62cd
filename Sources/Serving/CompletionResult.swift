public import Engine

/// A whole completion: the fold of a ``CompletionStream``, so that streamed and whole replies cannot differ.
public struct CompletionResult: Sendable {
    public struct Choice: Sendable {
        public var text = ""
        /// How likely the prompt's tokens are, where that was asked for.
        public var promptTokens: [PromptLogProbability] = []
        /// Where log-probabilities were asked for.
        public var tokens: [CompletionToken] = []
        /// Nil while the choice is incomplete.
        public var finishReason: CompletionFinishReason?

        public init() {}
    }

    public private(set) var choices: [Choice]
    public private(set) var usage = TokenUsage()

    /// An empty reply of so many choices, to fold events into.
    public init(choiceCount: Int) {
        choices = Array(repeating: Choice(), count: choiceCount)
    }

    /// Reads a stream to its end.
    public init(of stream: CompletionStream) async throws {
        var result = CompletionResult(choiceCount: stream.choiceCount)
        var promptTokens: [[PromptLogProbability]] = Array(repeating: [], count: stream.choiceCount)
        result.usage = try await stream.forEach(prompt: { promptTokens[$0] += $1 }) { events in
            for event in events {
                result.add(event)
            }
        }
        for choice in promptTokens.indices {
            result.choices[choice].promptTokens = promptTokens[choice]
        }
        self = result
    }

    /// Takes in one event.
    public mutating func add(_ event: CompletionEvent) {
        switch event {
        case .queued, .prefilling, .pulse: return
        case .finished(let choice, let reason): choices[choice].finishReason = reason
        case .text(let choice, let text, let tokens):
            choices[choice].text += text
            choices[choice].tokens += tokens
        }
    }
}
