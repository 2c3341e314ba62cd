public import Engine

/// A reply that is being generated, of chat or of raw text: its choices, read as one stream of events.
///
/// It is read once. Dropping it, or cancelling the task that reads it, cancels the generations.
public protocol ReplyStream: Sendable {
    associatedtype Event: StreamEvent
    /// The model that answers, by its own name.
    var model: ServedModel { get }
    /// What was asked for and will not happen as asked.
    var warnings: [ServingWarning] { get }
    /// All choices of all prompts.
    var choiceCount: Int { get }
    /// Messages of the prompt that got back the reasoning that the client had left out.
    var restoredReasoningCount: Int { get }
    /// Prompt tokens that the first choice found in the prefix cache; 0 before there is progress.
    var cachedTokenCount: Int { get }
    /// What became of it, for logs.
    var record: ReplyRecord { get }
    /// Calls the reply off: it ends within a step, as one that is cut, with what there is of it. May be called from anywhere.
    func abort()
    /// How many tokens the prompt of a choice has.
    func promptTokenCount(choice: Int) -> Int

    /// Hands all events to `receive`, in order within each choice, until all choices are complete.
    ///
    /// - Parameters:
    ///   - pulse: where given, an event `pulse` comes again and again after this time, whatever else happens.
    ///   - prompt: takes how likely the tokens of a choice's prompt are, where the request asked for it.
    ///   - receive: takes all that is new of one choice; while it waits, the engine holds back what follows.
    /// - Returns: the tokens of all prompts and choices.
    /// - Throws: ``ServingError`` where the engine gives up, and whatever `receive` throws.
    func forEach(
        pulse: Duration?, prompt: (_ choice: Int, [PromptLogProbability]) -> Void,
        _ receive: ([Event]) async throws -> Void
    ) async throws -> TokenUsage
}

extension ReplyStream {
    public var restoredReasoningCount: Int { 0 }

    /// The same without a pulse, or without asking about the prompt.
    public func forEach(
        pulse: Duration? = nil, _ receive: ([Event]) async throws -> Void
    ) async throws -> TokenUsage {
        try await forEach(pulse: pulse, prompt: { _, _ in }, receive)
    }

    /// Reads the stream to its end and folds it into one whole.
    ///
    /// - Parameters:
    ///   - empty: what the reply's events are added to.
    ///   - progress: hears of what happens meanwhile.
    ///   - settled: hears what the reply came to.
    /// - Returns: what the events came to.
    /// - Throws: ``ServingError`` where the engine gives up.
    public func fold<Whole: ReplyFold>(
        into empty: Whole, progress: (StreamProgress?) -> Void = { _ in }, settled: (TokenUsage) -> Void = { _ in }
    ) async throws -> Whole where Whole.Event == Event {
        var whole = empty
        var prompts: [(choice: Int, tokens: [PromptLogProbability])] = []
        let usage = try await forEach(pulse: nil, prompt: { prompts.append(($0, $1)) }) { events in
            for event in events {
                progress(event.progress)
                whole.add(event)
            }
        }
        settled(usage)
        for prompt in prompts {
            whole.add(prompt: prompt.tokens, choice: prompt.choice)
        }
        whole.end(usage)
        return whole
    }
}

/// What the events of a whole reply come to, so that streamed and whole replies cannot differ.
public protocol ReplyFold: Sendable {
    associatedtype Event: StreamEvent
    mutating func add(_ event: Event)
    /// How likely tokens of a choice's prompt are, where the request asked for it.
    mutating func add(prompt: [PromptLogProbability], choice: Int)
    mutating func end(_ usage: TokenUsage)
}

extension ReplyFold {
    public mutating func add(prompt: [PromptLogProbability], choice: Int) {}
}

/// What happens in a reply's stream; of any kind of reply, progress is one of the cases.
public protocol StreamEvent: Sendable {
    static func progress(_ progress: StreamProgress) -> Self
    /// Nil for text and for the end of a choice.
    var progress: StreamProgress? { get }
}

/// What happens before and between the pieces of a reply.
public enum StreamProgress: Sendable, Hashable {
    /// The choice waits for its turn; so many requests are before it, which will take about so long.
    case queued(choice: Int, ahead: Int, wait: Duration?)
    /// The prompt is being read.
    case prefilling(choice: Int, done: Int, of: Int)
    /// So many more tokens of the choice were generated; what they come to follows.
    case generated(choice: Int, count: Int)
    /// Time has passed; see the pulse of ``ReplyStream/forEach(pulse:prompt:_:)``.
    case pulse
}

/// Reads one choice of a reply: engine events in, the reply's events out.
protocol ChoiceReader: Sendable {
    associatedtype Event: StreamEvent
    /// What the engine counted; nil until the choice has ended.
    var usage: GenerationUsage? { get }
    /// Whether what follows is for nobody.
    var isToBeCut: Bool { get }
    mutating func read(_ event: GenerationEvent) throws(ServingError) -> [Event]
}

extension [Generation] {
    /// Reads all generations, each with the reader in its place, and answers what the engine counted for each.
    func forEach<Reader: ChoiceReader>(
        readers: [Reader], record: ReplyRecord, pulse: Duration?,
        prompt: (_ choice: Int, [PromptLogProbability]) -> Void,
        _ receive: ([Reader.Event]) async throws -> Void
    ) async throws -> [GenerationUsage?] {
        var readers = readers
        try await forEachEvent(of: self, pulse: pulse) { merged in
            switch merged {
            case .pulse:
                try await receive([.progress(.pulse)])
            case .events(let index, let events):
                var new: [Reader.Event] = []
                for event in events {
                    switch event {
                    case .promptLogProbabilities(let tokens): prompt(index, tokens)
                    case .tokens(let tokens):
                        record.add(tokenCount: tokens.count)
                        new.append(.progress(.generated(choice: index, count: tokens.count)))
                    case .finished(let reason, _): record.add(reason)
                    default: break
                    }
                    new += try readers[index].read(event)
                }
                try await receive(new)
                if readers[index].isToBeCut {
                    self[index].cancel()
                }
            }
        }
        return readers.map(\.usage)
    }
}
