internal import Chat
internal import Engine
internal import JSON
internal import Sampling
internal import Tokenization

/// Reads one choice of a chat: engine events in, chat events out.
struct ChatChoiceReader: ChoiceReader {
    let choice: Int
    private var parser: AssistantOutputParser
    private let tokenizer: Tokenizer
    private var ledger: TokenTextLedger?
    private var reasoningLedger: TokenTextLedger?
    private let toolCallLimit: Int?
    private let thinking: ThinkingLimit
    private var delivery: ReasoningPresenter
    private let stopStrings: [String]
    private let abortion: ReplyAbortion
    private var toolCallCount = 0
    /// The arguments of the call that is being written.
    private var openArguments: String?
    private let incidents: EventCounters<ReplyIncident>
    private var transcript: ReplyTranscript?
    private let hasEnded: (@Sendable (ChatMessage, ChatFinish) -> Void)?
    private(set) var usage: GenerationUsage?

    init(
        choice: Int, parser: AssistantOutputParser, tokenizer: Tokenizer, reportsTokens: Bool,
        reportsReasoningTokens: Bool = false, toolCallLimit: Int?, thinking: ThinkingLimit, stopStrings: [String],
        delivery: ReasoningDelivery = .apart, abortion: ReplyAbortion,
        incidents: EventCounters<ReplyIncident> = EventCounters(),
        hasEnded: (@Sendable (ChatMessage, ChatFinish) -> Void)? = nil
    ) {
        self.choice = choice
        self.parser = parser
        self.tokenizer = tokenizer
        self.ledger = reportsTokens ? TokenTextLedger() : nil
        self.reasoningLedger = reportsTokens && reportsReasoningTokens ? TokenTextLedger() : nil
        self.toolCallLimit = toolCallLimit
        self.thinking = thinking
        self.delivery = ReasoningPresenter(delivery)
        self.stopStrings = stopStrings
        self.abortion = abortion
        self.incidents = incidents
        self.hasEnded = hasEnded
        transcript = hasEnded == nil ? nil : ReplyTranscript()
    }

    /// Whether the model has begun more tool calls than the request allows: what follows is for nobody.
    var isToBeCut: Bool {
        toolCallLimit.map { toolCallCount > $0 } ?? false
    }

    /// What an engine event means for the client; adjacent pieces of one text come as one.
    mutating func read(_ event: GenerationEvent) throws(ServingError) -> [ChatEvent] {
        switch event {
        case .queued(let ahead, let wait): return [.progress(.queued(choice: choice, ahead: ahead, wait: wait))]
        case .prefilling(let done, let total):
            return [.progress(.prefilling(choice: choice, done: done, of: total))]
        case .promptLogProbabilities: return []
        case .reading: return []
        case .tokens(let tokens): return read(tokens)
        case .finished(let reason, let usage):
            self.usage = usage
            return try finish(reason, reasoningEnd: usage.reasoningEnd.map(thinking.end))
        }
    }

    private mutating func read(_ tokens: [SampledToken]) -> [ChatEvent] {
        guard ledger != nil else { return events(parser.consume(tokens)) }
        // One by one, so that each piece of text is sent with its own tokens.
        var events: [ChatEvent] = []
        for token in tokens {
            let isContent = token.phase == .content
            if !token.isStructural {
                var bytes: [UInt8] = []
                TokenizerBytes(tokenizer).appendBytes(of: token.id, to: &bytes)
                switch token.phase {
                case .content: ledger?.append(token, bytes: bytes)
                case .reasoning: reasoningLedger?.append(token, bytes: bytes)
                case .toolCall: break
                }
            }
            for event in self.events(parser.consume([token])) {
                events.appendJoining(event)
            }
            if !isContent {
                ledger?.beginStretch()
            }
        }
        return events
    }

    private mutating func events(_ deltas: [OutputDelta]) -> [ChatEvent] {
        var events: [ChatEvent] = []
        for delta in deltas {
            if case .toolCallBegan = delta {
                toolCallCount += 1
                countToolCall()
            }
            guard !isToBeCut else { break }
            transcript?.add(delta)
            switch delta {
            case .toolCallBegan: openArguments = ""
            case .toolCallArguments(_, let text): openArguments?.append(text)
            default: break
            }
            for shown in delivery.present(delta) {
                var tokens: [SentToken] = []
                switch shown.delta {
                case .content(let text) where shown.isOwn: tokens = ledger?.send(text) ?? []
                case .reasoning(let text): tokens = reasoningLedger?.send(text) ?? []
                default: break
                }
                events.appendJoining(.delta(choice: choice, shown.delta, tokens: tokens))
            }
        }
        return events
    }

    /// Counts the call that is complete, if there is one.
    private mutating func countToolCall() {
        guard let arguments = openArguments else { return }
        openArguments = nil
        let value = try? JSONValue(parsing: Array(arguments.utf8))
        incidents.add(.toolCall(isValid: value?.objectValue != nil))
    }

    private mutating func finish(
        _ reason: FinishReason, reasoningEnd: ReasoningEndReason?
    ) throws(ServingError) -> [ChatEvent] {
        var stopString: String?
        if case .stopString(let index) = reason, stopStrings.indices.contains(index) {
            stopString = stopStrings[index]
        }
        func end(_ reason: ChatFinishReason, cut: ReplyCut? = nil, loop: OutputLoop? = nil) -> ChatEvent {
            .finished(
                choice: choice,
                ChatFinish(
                    reason: reason, reasoningEnd: reasoningEnd, stopString: stopString, cut: cut,
                    loop: loop, form: reason == .length ? usage?.formEnd : nil))
        }
        let wasCut = isToBeCut
        var events = wasCut ? [] : self.events(parser.finish())
        countToolCall()
        for delta in delivery.finish(isClosed: reasoningEnd != nil) {
            var tokens: [SentToken] = []
            if case .reasoning(let text) = delta {
                tokens = reasoningLedger?.send(text) ?? []
            }
            events.appendJoining(.delta(choice: choice, delta, tokens: tokens))
        }
        switch reason {
        case .endOfText, .stopToken, .stopString:
            events.append(end(toolCallCount > 0 ? .toolCalls : .stop))
        case .length:
            events.append(end(.length))
        case .loop(let loop):
            events.append(end(.length, loop: loop))
        case .timeLimit where usage?.completionTokens == 0:
            throw .timedOut
        case .timeLimit:
            events.append(end(.length, cut: .time))
        case .cancelled where wasCut:
            events.append(end(.toolCalls))
        case .cancelled where abortion.isAskedFor:
            events.append(end(.length, cut: .client))
        case .cancelled:
            throw .draining
        case .failed(let message):
            throw .internalFailure(message)
        }
        if case .finished(_, let finish)? = events.last, let transcript {
            hasEnded?(transcript.message, finish)
        }
        return events
    }
}

extension [ChatEvent] {
    /// Appends an event, as part of the last one where both are text of the same kind.
    fileprivate mutating func appendJoining(_ event: ChatEvent) {
        guard case .delta(let choice, let delta, let tokens) = event,
            case .delta(_, let lastDelta, let lastTokens)? = last,
            let joined = lastDelta.joined(with: delta)
        else {
            append(event)
            return
        }
        self[count - 1] = .delta(choice: choice, joined, tokens: lastTokens + tokens)
    }
}

extension OutputDelta {
    /// Both pieces as one, where the second merely goes on with the first.
    fileprivate func joined(with next: OutputDelta) -> OutputDelta? {
        switch (self, next) {
        case (.reasoning(let text), .reasoning(let more)): .reasoning(text + more)
        case (.content(let text), .content(let more)): .content(text + more)
        case (.toolCallArguments(let index, let text), .toolCallArguments(let nextIndex, let more))
        where index == nextIndex:
            .toolCallArguments(index: index, text + more)
        default: nil
        }
    }
}
