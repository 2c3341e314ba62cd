internal import Sampling
internal import Tokenization
internal import Tokens

/// How long a reply may think, and what ends its thinking: the budget that was asked for, or the room that the answer
/// needs, whichever comes first.
struct ThinkingLimit {
    /// The most tokens of reasoning before the stop phrase is forced; nil sets no limit.
    let budget: Int?
    let stopPhrase: [TokenID]
    /// Whether the answer's reserve is what limits, not the budget that was asked for.
    let isReserve: Bool
    /// Whether an end of turn inside a think block closes the block, so that an answer follows.
    let answersAfterEnd: Bool
    /// Tokens that thinking leaves to the answer where time is short, the stop phrase included.
    let answerTokens: Int

    /// Qwen3's own words for thinking that is cut short; the tag and what follows it are added.
    static let officialMessage =
        "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."

    /// The largest reserve that is kept where the request says nothing.
    private static let defaultReserveLimit = 256

    /// - Parameters:
    ///   - requested: the budget that was asked for, if any.
    ///   - reserve: tokens to be left for the answer; nil takes a quarter of the reply, but 256 at most. With 0, thinking
    ///     may take the whole reply and end without an answer, as OpenAI's does.
    ///   - maximumTokens: the most tokens of the reply.
    ///   - stopPhrase: what ends the thinking; holds the closing tag.
    init(requested: Int?, reserve: Int?, maximumTokens: Int, stopPhrase: [TokenID]) {
        self.stopPhrase = stopPhrase
        answersAfterEnd = reserve != 0
        answerTokens = reserve == 0 ? 0 : (reserve ?? Self.reserve(of: maximumTokens)) + stopPhrase.count
        let limit = Self.limit(reserve: reserve, maximumTokens: maximumTokens, phraseLength: stopPhrase.count)
        isReserve = limit.map { $0 < requested ?? .max } ?? false
        budget = isReserve ? limit : requested
    }

    private static func limit(reserve: Int?, maximumTokens: Int, phraseLength: Int) -> Int? {
        if let reserve {
            return reserve > 0 ? max(0, maximumTokens - reserve - phraseLength) : nil
        }
        let limit = maximumTokens - Self.reserve(of: maximumTokens) - phraseLength
        // A reply so short that the phrase would take more of it than the thinking is left alone.
        return limit >= phraseLength ? limit : nil
    }

    /// What is left to the answer where the request says nothing.
    static func reserve(of maximumTokens: Int) -> Int {
        min(defaultReserveLimit, maximumTokens / 4)
    }

    /// The tokens that end a think block with a message: only the tag is more than text.
    static func stopPhrase(message: String, tokenizer: Tokenizer) -> [TokenID] {
        tokenizer.encode([
            TextSpan(message + "\n", addedTokens: .none), TextSpan("</think>", addedTokens: .all),
            TextSpan("\n\n", addedTokens: .none),
        ])
    }

    /// How a think block's end is told to the client.
    func end(_ end: ReasoningEnd) -> ReasoningEndReason {
        switch end {
        case .natural: .natural
        case .budget: isReserve ? .answerReserve : .budget
        case .endOfText: .endGuard
        case .toolCall: .toolCall
        case .time: .time
        case .request: .client
        case .loop: .loop
        }
    }
}

/// Why a reply's thinking ended.
public enum ReasoningEndReason: String, Sendable, Hashable {
    /// The model closed its think block itself.
    case natural
    /// The thinking budget was spent.
    case budget
    /// What was left of the reply was needed for the answer.
    case answerReserve = "answer_reserve"
    /// The model would have ended its turn without an answer.
    case endGuard = "eos_guard"
    /// The model would have called a tool inside its think block.
    case toolCall = "tool_call"
    /// The time for thinking was over.
    case time
    /// The client asked for the answer while the model was thinking.
    case client
    /// The thinking went round in a loop.
    case loop
}
