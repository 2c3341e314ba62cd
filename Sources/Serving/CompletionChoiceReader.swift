internal import Engine
internal import Sampling
internal import Tokenization
internal import Tokens

/// The prompt of a completion, as its reply repeats it.
struct PromptEcho: Sendable {
    var text: String
    var tokens: [TokenID]
}

/// Reads one choice of a completion: engine events in, completion events out.
struct CompletionChoiceReader: ChoiceReader {
    let choice: Int
    private let tokenizer: Tokenizer
    private var decoder: CompletionTextDecoder
    private var ledger: TokenTextLedger?
    /// Nil once it was sent, or where none is wanted.
    private var echo: PromptEcho?
    private var echoTokens: [CompletionToken] = []
    private var echoOffset = 0
    private let stopStrings: [String]
    private let promptTokenCount: Int
    private let yarnFactor: Double?
    private let abortion: ReplyAbortion
    private var echoDetokenizer = IncrementalDetokenizer()
    private(set) var usage: GenerationUsage?
    let isToBeCut = false

    init(
        choice: Int, tokenizer: Tokenizer, stops: StopConditions, reportsTokens: Bool, promptTokenCount: Int,
        yarnFactor: Double?, echo: PromptEcho?, abortion: ReplyAbortion
    ) {
        self.promptTokenCount = promptTokenCount
        self.yarnFactor = yarnFactor
        self.abortion = abortion
        self.choice = choice
        self.tokenizer = tokenizer
        self.decoder = CompletionTextDecoder(stops: stops)
        self.stopStrings = stops.strings
        self.echo = echo
        self.ledger = reportsTokens ? TokenTextLedger(offset: echo?.text.unicodeScalars.count ?? 0) : nil
    }

    /// What an engine event means for the client.
    mutating func read(_ event: GenerationEvent) throws(ServingError) -> [CompletionEvent] {
        switch event {
        case .queued(let ahead, let wait): return [.progress(.queued(choice: choice, ahead: ahead, wait: wait))]
        case .prefilling(let done, let total):
            return [.progress(.prefilling(choice: choice, done: done, of: total))]
        case .promptLogProbabilities(let tokens):
            keep(tokens)
            return []
        case .reading: return []
        case .tokens(let tokens): return beginning(with: read(tokens))
        case .finished(let reason, let usage):
            self.usage = usage
            return try finish(reason)
        }
    }

    private mutating func read(_ tokens: [SampledToken]) -> (text: String, tokens: [CompletionToken]) {
        var text = ""
        for token in tokens {
            var bytes: [UInt8] = []
            TokenizerBytes(tokenizer).appendBytes(of: token.id, to: &bytes)
            ledger?.append(token, bytes: bytes)
            text += decoder.consume(bytes)
        }
        return (text, ledger?.send(text).map(CompletionToken.init) ?? [])
    }

    private mutating func finish(_ reason: FinishReason) throws(ServingError) -> [CompletionEvent] {
        let text = decoder.finish()
        var tokens = ledger?.send(text).map(CompletionToken.init) ?? []
        if case .stopString = reason {
            // The rest is the stop string's.
        } else {
            tokens += ledger?.takeRest().map(CompletionToken.init) ?? []
        }
        let finish: CompletionFinishReason
        switch reason {
        case .endOfText, .stopToken: finish = .stop
        case .stopString(let index):
            finish = stopStrings.indices.contains(index) ? .stopString(stopStrings[index]) : .stop
        case .length, .loop: finish = .length
        case .timeLimit where self.usage?.completionTokens == 0: throw .timedOut
        case .timeLimit: finish = .length
        case .cancelled where abortion.isAskedFor: finish = .length
        case .cancelled: throw .draining
        case .failed(let message): throw .internalFailure(message)
        }
        return beginning(with: (text, tokens)) + [.finished(choice: choice, finish, ownUsage)]
    }

    /// The tokens of this choice and its prompt.
    private var ownUsage: TokenUsage {
        var own = UsageCounter.usage(promptTokenCount: promptTokenCount, [usage])
        own.yarnFactor = yarnFactor
        return own
    }

    /// New text as an event, the prompt before the first.
    private mutating func beginning(with new: (text: String, tokens: [CompletionToken])) -> [CompletionEvent] {
        let text = (echo?.text ?? "") + new.text
        let tokens = echoTokens + new.tokens
        echo = nil
        echoTokens = []
        return text.isEmpty && tokens.isEmpty ? [] : [.text(choice: choice, text, tokens: tokens)]
    }

    private mutating func keep(_ tokens: [PromptLogProbability]) {
        guard echo != nil, ledger != nil else { return }
        for token in tokens {
            echoTokens.append(
                CompletionToken(
                    id: token.id, logProbability: token.logProbability, alternatives: token.alternatives,
                    textOffset: echoOffset))
            var bytes: [UInt8] = []
            tokenizer.appendBytes(of: token.id, to: &bytes)
            echoOffset += echoDetokenizer.consume(bytes).unicodeScalars.count
        }
    }
}
