internal import Sampling
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
    /// Whether no think block may be opened: the reply has no room for the shortest one and an answer.
    let forbidsThinking: Bool

    /// Qwen3's own words for thinking that is cut short; the tag and what follows it are added.
    static let officialMessage =
        "\n\nConsidering the limited time by the user, I have to give the solution based on the thinking directly now."

    /// The largest reserve that is kept where the request says nothing.
    private static let defaultReserveLimit = 256

    /// Nothing but the budget that was asked for: thinking may take the whole reply.
    init(budget: Int?, stopPhrase: [TokenID]) {
        self.budget = budget
        self.stopPhrase = stopPhrase
        isReserve = false
        answersAfterEnd = false
        answerTokens = 0
        forbidsThinking = false
    }

    private init(
        _ limit: Int, requested: Int?, phrase: [TokenID], reserve: Int, forbidsThinking: Bool = false
    ) {
        isReserve = limit < requested ?? .max
        budget = min(limit, requested ?? .max)
        stopPhrase = phrase
        answersAfterEnd = true
        answerTokens = reserve + phrase.count
        self.forbidsThinking = forbidsThinking
    }

    /// - Parameters:
    ///   - requested: the budget that was asked for, if any.
    ///   - reserve: tokens to be left for the answer; nil takes a quarter of the reply, but 256 at most.
    ///   - needed: tokens that the answer needs whatever the reserve is, where that is known.
    ///   - maximumTokens: the most tokens of the reply.
    ///   - phrases: what may end the thinking.
    ///   - start: the phase in which the prompt leaves the model; in that of content it opens a think block itself.
    init(
        requested: Int?, reserve: Int?, needed: Int = 0, maximumTokens: Int, phrases: StopPhrases, start: OutputPhase
    ) {
        let kept = max(reserve ?? Self.reserve(of: maximumTokens), needed, 1)
        let room = maximumTokens - kept
        let openingCount = start == .content ? 1 : 0
        let atOnce = start == .content ? phrases.empty : phrases.brief
        // Thoughts that nobody asked for, and that the phrase would outweigh, are worth less than a longer answer.
        let isUnasked = reserve == nil && requested == nil
        if room - phrases.full.count >= (isUnasked ? phrases.full.count : openingCount) {
            self.init(room - phrases.full.count, requested: requested, phrase: phrases.full, reserve: kept)
        } else if !isUnasked, requested != 0, room - phrases.brief.count > openingCount {
            self.init(room - phrases.brief.count, requested: requested, phrase: phrases.brief, reserve: kept)
        } else if openingCount + atOnce.count < maximumTokens {
            self.init(0, requested: requested, phrase: atOnce, reserve: kept)
        } else {
            let phrase = phrases.trimmed(to: maximumTokens - 1)
            self.init(0, requested: requested, phrase: phrase, reserve: kept, forbidsThinking: true)
        }
    }

    /// What is left to the answer where the request says nothing.
    private static func reserve(of maximumTokens: Int) -> Int {
        min(defaultReserveLimit, maximumTokens / 4)
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
