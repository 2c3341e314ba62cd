public import Tokens

/// The one machine for output: token ids in, phases out; it also says which token must come next.
///
/// States: *reasoning* (a think block is open), *content*, *tool call*. An output holds at most one think block, and only
/// before its content: a think tag that comes later is text. Tool calls are told apart only if the request parses them,
/// and never inside a think block.
///
/// With a thinking budget of `N`, the stop phrase is forced as soon as `N` tokens of reasoning were generated, so there are
/// never more than `N` and the phrase.
public struct OutputMachine: Hashable, Sendable {
    /// What the machine has to say about a token that it accepted.
    public struct Label: Hashable, Sendable {
        public var phase: OutputPhase
        /// A tag or an ignored end token: never text.
        public var isStructural: Bool

        public init(phase: OutputPhase, isStructural: Bool) {
            self.phase = phase
            self.isStructural = isStructural
        }
    }

    /// The phase of the next token, should it be no tag.
    public private(set) var phase: OutputPhase

    /// Generated tokens of reasoning so far, the opening and the closing tag counted where they were generated.
    public private(set) var reasoningTokenCount = 0

    /// What closed the think block; nil while none was closed.
    public private(set) var reasoningEnd: ReasoningEnd?

    private let tokens: OutputGrammarTokens
    private let parsesToolCalls: Bool
    private let closesThinkingAtEnd: Bool
    private let closesThinkingAtToolCall: Bool
    private var thinkingBudget: Int?
    /// What it means that the budget is spent.
    private var budgetEnd = ReasoningEnd.budget
    /// What is forced when the budget is spent; holds the closing tag.
    private let stopPhrase: [TokenID]

    /// How much of the stop phrase was accepted; nil while nothing is forced.
    private var forcedCount: Int?
    private var hasContent = false
    private var hasClosedThinking = false

    /// - Parameters:
    ///   - tokens: the model's structural ids.
    ///   - start: the phase in which the rendered prompt leaves the model.
    ///   - parsesToolCalls: whether tool-call tags open and close a phase of their own.
    ///   - thinkingBudget: the most tokens of reasoning before the stop phrase; nil sets no limit.
    ///   - stopPhrase: what is forced then; the closing tag is added if it has none.
    ///   - closesThinkingAtEnd: an end token that is drawn inside a think block closes the block instead.
    ///   - closesThinkingAtToolCall: so does the opening tag of a tool call.
    public init(
        tokens: OutputGrammarTokens, start: OutputPhase = .content, parsesToolCalls: Bool = false,
        thinkingBudget: Int? = nil, stopPhrase: [TokenID] = [], closesThinkingAtEnd: Bool = false,
        closesThinkingAtToolCall: Bool = false
    ) {
        self.tokens = tokens
        self.phase = start
        self.parsesToolCalls = parsesToolCalls
        self.closesThinkingAtEnd = closesThinkingAtEnd
        self.closesThinkingAtToolCall = closesThinkingAtToolCall
        self.thinkingBudget = tokens.thinkClose == nil ? nil : thinkingBudget
        var phrase = stopPhrase
        if let close = tokens.thinkClose, !phrase.contains(close) {
            phrase.append(close)
        }
        self.stopPhrase = phrase
        forceStopPhraseIfBudgetIsSpent()
    }

    /// The token that must come next instead of a drawn one.
    public var forcedToken: TokenID? {
        forcedCount.map { stopPhrase[$0] }
    }

    /// All tokens that must come next, in order; empty if the next one is drawn.
    public var forcedTokens: ArraySlice<TokenID> {
        forcedCount.map { stopPhrase[$0...] } ?? []
    }

    /// The tag that opens a think block, where it may still do so.
    public var openingThinkTag: TokenID? {
        phase == .content && !hasContent && !hasClosedThinking ? tokens.thinkOpen : nil
    }

    /// Whether the token ends the model's turn.
    public func isEnd(_ token: TokenID) -> Bool {
        tokens.ends.contains(token)
    }

    /// The model's end tokens.
    public var ends: Set<TokenID> { tokens.ends }

    /// The token that stands for a drawn one: the closing tag for an end token or the opening tag of a tool call inside a
    /// think block, if asked for.
    public mutating func resolve(_ drawn: TokenID) -> TokenID {
        guard phase == .reasoning, let close = tokens.thinkClose else { return drawn }
        if closesThinkingAtEnd, isEnd(drawn) {
            reasoningEnd = .endOfText
            return close
        }
        if closesThinkingAtToolCall, drawn == tokens.toolCallOpen {
            reasoningEnd = .toolCall
            return close
        }
        return drawn
    }

    /// Moves on by one generated token and labels it.
    public mutating func accept(_ token: TokenID) -> Label {
        let label = label(for: token)
        if label.phase == .reasoning {
            reasoningTokenCount += 1
        }
        if let count = forcedCount {
            forcedCount = count + 1 < stopPhrase.count ? count + 1 : nil
        } else {
            forceStopPhraseIfBudgetIsSpent()
        }
        return label
    }

    /// Brings thinking to an end before the next token, or as soon as it begins; does nothing behind it.
    public mutating func endThinking(_ end: ReasoningEnd) {
        guard tokens.thinkClose != nil, !hasClosedThinking, forcedCount == nil else { return }
        thinkingBudget = 0
        budgetEnd = end
        forceStopPhraseIfBudgetIsSpent()
    }

    private mutating func label(for token: TokenID) -> Label {
        switch phase {
        case .reasoning: labelInReasoning(token)
        case .content: labelInContent(token)
        case .toolCall: labelInToolCall(token)
        }
    }

    private mutating func labelInReasoning(_ token: TokenID) -> Label {
        if token == tokens.thinkClose {
            phase = .content
            hasClosedThinking = true
            reasoningEnd = forcedCount != nil ? budgetEnd : reasoningEnd ?? .natural
            return Label(phase: .reasoning, isStructural: true)
        }
        // Some models repeat the tag that the prompt ends with.
        let repeatsOpening = token == tokens.thinkOpen && reasoningTokenCount == 0
        return Label(phase: .reasoning, isStructural: repeatsOpening || isEnd(token))
    }

    private mutating func labelInContent(_ token: TokenID) -> Label {
        if token == tokens.thinkOpen && !hasContent && !hasClosedThinking {
            phase = .reasoning
            return Label(phase: .reasoning, isStructural: true)
        }
        if token == tokens.thinkClose && !hasContent {
            return Label(phase: .content, isStructural: true)
        }
        if parsesToolCalls && token == tokens.toolCallOpen {
            phase = .toolCall
            hasContent = true
            return Label(phase: .toolCall, isStructural: true)
        }
        hasContent = true
        return Label(phase: .content, isStructural: isEnd(token))
    }

    private mutating func labelInToolCall(_ token: TokenID) -> Label {
        if token == tokens.toolCallClose {
            phase = .content
            return Label(phase: .toolCall, isStructural: true)
        }
        return Label(phase: .toolCall, isStructural: token == tokens.toolCallOpen || isEnd(token))
    }

    private mutating func forceStopPhraseIfBudgetIsSpent() {
        if let thinkingBudget, phase == .reasoning, reasoningTokenCount >= thinkingBudget {
            forcedCount = 0
        }
    }
}
