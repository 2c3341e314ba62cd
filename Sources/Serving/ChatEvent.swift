public import Chat
public import Sampling

/// What happens in a ``ChatStream``, in order.
public enum ChatEvent: StreamEvent {
    /// Nothing of the reply itself.
    case progress(StreamProgress)
    /// New text or a new piece of a tool call. `tokens` are those of content, and of reasoning
    /// where that was asked for too, where log-probabilities were asked for.
    case delta(choice: Int, OutputDelta, tokens: [SentToken])
    /// The choice is complete.
    case finished(choice: Int, ChatFinish)

    public var progress: StreamProgress? {
        if case .progress(let progress) = self { progress } else { nil }
    }
}

/// How a choice of a chat ended.
public struct ChatFinish: Sendable, Hashable {
    public var reason: ChatFinishReason
    /// Nil where no think block was closed.
    public var reasoningEnd: ReasoningEndReason?
    /// The stop string that ended it, if one did.
    public var stopString: String?
    /// What cut the reply short, where it was not its length.
    public var cut: ReplyCut?
    /// The loop that ended it, if one did.
    public var loop: OutputLoop?
    /// What became of an answer that was to be completed within its limit and met it; nil for all others.
    public var form: FormEnd?

    public init(
        reason: ChatFinishReason, reasoningEnd: ReasoningEndReason? = nil, stopString: String? = nil,
        cut: ReplyCut? = nil, loop: OutputLoop? = nil, form: FormEnd? = nil
    ) {
        self.reason = reason
        self.reasoningEnd = reasoningEnd
        self.stopString = stopString
        self.cut = cut
        self.loop = loop
        self.form = form
    }
}

/// What cut a reply short that had room for more.
public enum ReplyCut: String, Sendable, Hashable {
    /// The request's time was over.
    case time
    /// The client called it off.
    case client
}

/// Why a choice of a chat ended.
public enum ChatFinishReason: Sendable, Hashable {
    /// The model ended its turn, or a stop string or stop token was met.
    case stop
    /// The limit of tokens or of time, or the end of the context was reached, the client called it off, or it went round
    /// in a loop.
    case length
    /// The model ended its turn with calls of tools.
    case toolCalls
}
