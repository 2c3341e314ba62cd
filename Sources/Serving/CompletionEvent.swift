public import Sampling
public import Tokens

/// What happens in a ``CompletionStream``, in order.
public enum CompletionEvent: StreamEvent {
    /// Nothing of the reply itself.
    case progress(StreamProgress)
    /// New text, with its tokens where log-probabilities were asked for.
    case text(choice: Int, String, tokens: [CompletionToken])
    /// The choice is complete; with the tokens of its own and of its prompt.
    case finished(choice: Int, CompletionFinishReason, TokenUsage)

    public var progress: StreamProgress? {
        if case .progress(let progress) = self { progress } else { nil }
    }
}

/// Why a choice of a completion ended.
public enum CompletionFinishReason: Sendable, Hashable {
    /// The text came to its end, or a stop token was met.
    case stop
    /// This stop string was met.
    case stopString(String)
    /// The limit of tokens or of time, or the end of the context was reached.
    case length
}

/// A token of a completion's text, generated or echoed.
public struct CompletionToken: Sendable, Hashable {
    public var id: TokenID
    /// Nil for the first token of a prompt, which follows nothing.
    public var logProbability: Float?
    /// The likeliest tokens in its place, best first.
    public var alternatives: [TokenLogProbability]
    /// Where its text begins, in Unicode scalars of the reply's text.
    public var textOffset: Int

    public init(id: TokenID, logProbability: Float?, alternatives: [TokenLogProbability], textOffset: Int) {
        self.id = id
        self.logProbability = logProbability
        self.alternatives = alternatives
        self.textOffset = textOffset
    }

    init(_ sent: SentToken) {
        self.init(
            id: sent.token.id, logProbability: sent.token.logProbability, alternatives: sent.token.alternatives,
            textOffset: sent.textOffset)
    }
}
