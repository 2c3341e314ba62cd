public import Engine

/// A whole completion: the fold of a ``CompletionStream``.
public struct CompletionResult: ReplyFold {
    public struct Choice: Sendable {
        public var text = ""
        /// How likely the prompt's tokens are, where that was asked for.
        public var promptTokens: [PromptLogProbability] = []
        /// Where log-probabilities were asked for.
        public var tokens: [CompletionToken] = []
        /// Nil while the choice is incomplete.
        public var finishReason: CompletionFinishReason?
        /// The tokens of this choice alone, and of its prompt.
        public var usage = TokenUsage()

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
        self = try await stream.fold(into: CompletionResult(choiceCount: stream.choiceCount))
    }

    public mutating func add(_ event: CompletionEvent) {
        switch event {
        case .progress: return
        case .finished(let choice, let reason, let usage):
            choices[choice].finishReason = reason
            choices[choice].usage = usage
        case .text(let choice, let text, let tokens):
            choices[choice].text += text
            choices[choice].tokens += tokens
        }
    }

    public mutating func add(prompt: [PromptLogProbability], choice: Int) {
        choices[choice].promptTokens += prompt
    }

    public mutating func end(_ usage: TokenUsage) {
        self.usage = usage
    }
}
