public import Chat
public import Engine

/// A whole chat reply: the fold of a ``ChatStream``.
public struct ChatResult: ReplyFold {
    public struct Choice: Sendable {
        /// Nil where the model did not think.
        public var reasoning: String?
        public var content = ""
        public var toolCalls: [ToolCall] = []
        /// The tokens of content, where log-probabilities were asked for.
        public var tokens: [SentToken] = []
        /// The tokens of reasoning, where their log-probabilities were asked for.
        public var reasoningTokens: [SentToken] = []
        /// Nil while the choice is incomplete.
        public var finish: ChatFinish?

        public init() {}

        public var finishReason: ChatFinishReason? { finish?.reason }
    }

    public private(set) var choices: [Choice]
    public private(set) var usage = TokenUsage()

    /// An empty reply of so many choices, to fold events into.
    public init(choiceCount: Int) {
        choices = Array(repeating: Choice(), count: choiceCount)
    }

    /// How likely the prompt's tokens are, where that was asked for.
    public private(set) var promptTokens: [PromptLogProbability] = []

    /// Reads a stream to its end.
    public init(of stream: ChatStream) async throws {
        self = try await stream.fold(into: ChatResult(choiceCount: stream.choiceCount))
    }

    public mutating func add(_ event: ChatEvent) {
        switch event {
        case .progress: return
        case .finished(let choice, let finish): choices[choice].finish = finish
        case .delta(let choice, let delta, let tokens): choices[choice].add(delta, tokens)
        }
    }

    public mutating func add(prompt: [PromptLogProbability], choice: Int) {
        promptTokens += prompt
    }

    public mutating func end(_ usage: TokenUsage) {
        self.usage = usage
    }
}

extension ChatResult.Choice {
    fileprivate mutating func add(_ delta: OutputDelta, _ newTokens: [SentToken]) {
        if case .reasoning = delta {
            reasoningTokens += newTokens
        } else {
            tokens += newTokens
        }
        switch delta {
        case .reasoning(let text): reasoning = (reasoning ?? "") + text
        case .content(let text): content += text
        case .toolCallBegan(_, let id, let name): toolCalls.append(ToolCall(id: id, name: name, arguments: ""))
        case .toolCallArguments(let index, let text):
            guard toolCalls.indices.contains(index) else { return }
            toolCalls[index].arguments += text
        }
    }
}
