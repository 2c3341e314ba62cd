import Serving

/// What happens while a reply comes, in order: reasoning and its end, content, finished. Whoever shows a reply sees
/// nothing else, so that it looks the same from either backend.
enum ReplyEvent: Hashable, Sendable {
    /// What was asked for and will not happen as asked.
    case notice(String)
    /// So much of the prompt is read, of so many tokens.
    case readingPrompt(done: Int, of: Int)
    case reasoning(String)
    /// The answer begins after reasoning of so many tokens, where anybody can count them.
    case reasoningEnded(tokenCount: Int?)
    case content(String)
    case finished(ReplyEnd)
}

/// How a reply ended.
struct ReplyEnd: Hashable, Sendable {
    /// `stop`, `length`, or whatever else a server says.
    var reason: String
    /// Nil where a server tells none.
    var usage: ReplyUsage?
}

/// The tokens of one request and its reply.
struct ReplyUsage: Hashable, Sendable {
    var promptTokens = 0
    /// Of the prompt's, those that earlier requests had computed.
    var cachedTokens = 0
    /// All generated ones.
    var completionTokens = 0
    /// Of the generated ones, those of reasoning, both tags included.
    var reasoningTokens = 0
    /// Nil where a server tells none.
    var times: Times?

    /// Where the time went, as whoever generated the reply measured it.
    struct Times: Hashable, Sendable {
        /// Reading the prompt, up to the first token.
        var prompt: Duration
        /// From the first token to the end.
        var generation: Duration
    }
}

/// Something that answers conversations.
protocol ChatBackend: Sendable {
    /// The model's name.
    var modelName: String { get }

    /// Answers a conversation; returns after `finished`. Cancelling the task ends the generation.
    ///
    /// - Throws: an error whose description is one line.
    func reply(to request: ChatRequest, _ receive: @escaping @Sendable (ReplyEvent) -> Void) async throws
}

/// Notices where reasoning ends, and has its tokens counted there.
struct ReasoningBoundary {
    private var reasoning = ""
    private var hasEnded = false

    /// What new text means, in order.
    mutating func events(
        reasoning text: String? = nil, content: String? = nil, countTokens: (String) -> Int?
    ) -> [ReplyEvent] {
        var events: [ReplyEvent] = []
        if let text, !text.isEmpty {
            reasoning += text
            events.append(.reasoning(text))
        }
        if let content, !content.isEmpty {
            if !reasoning.isEmpty, !hasEnded {
                hasEnded = true
                events.append(.reasoningEnded(tokenCount: countTokens(reasoning)))
            }
            events.append(.content(content))
        }
        return events
    }
}
