internal import APIDoors
internal import Chat
internal import Serving

/// A reply that has begun, of a chat or of raw text.
struct OllamaReply<Stream: ReplyStream>: DialectReply where Stream.Event: OllamaEvent {
    let stream: Stream
    let isStreamed: Bool
    let writer: OllamaReplyWriter

    var warnings: [RequestWarning] { writer.warnings }
    var frames: OllamaLines<Stream.Event> { OllamaLines(writer: writer) }
    var whole: OllamaFold<Stream.Event> { OllamaFold() }

    func body(of whole: OllamaFold<Stream.Event>) -> [UInt8] {
        writer.bytes(whole.piece, end: whole.end)
    }
}

/// What an event of a reply means to Ollama's clients.
protocol OllamaEvent: StreamEvent {
    func add(to pieces: inout OllamaPieces, _ piece: inout OllamaPiece)
}

extension ChatEvent: OllamaEvent {
    func add(to pieces: inout OllamaPieces, _ piece: inout OllamaPiece) {
        switch self {
        case .progress: return
        case .delta(_, let delta, let tokens):
            pieces.add(delta, to: &piece)
            let likelihoods = tokens.map(TokenLikelihood.init)
            if case .reasoning = delta {
                piece.thinkingTokens += likelihoods
            } else {
                piece.contentTokens += likelihoods
            }
        case .finished(_, let finish): pieces.finish(finish.reason == .length ? "length" : "stop", &piece)
        }
    }
}

extension CompletionEvent: OllamaEvent {
    func add(to pieces: inout OllamaPieces, _ piece: inout OllamaPiece) {
        switch self {
        case .progress: return
        case .text(_, let text, let tokens):
            piece.content += text
            piece.contentTokens += tokens.map(TokenLikelihood.init)
        case .finished(_, let reason, _): pieces.finish(reason == .length ? "length" : "stop", &piece)
        }
    }
}

/// The pieces of a reply so far and how it ended.
struct OllamaFold<Event: OllamaEvent>: ReplyFold {
    var piece = OllamaPiece()
    private(set) var end: OllamaEnd?
    private var pieces = OllamaPieces()

    mutating func add(_ event: Event) {
        event.add(to: &pieces, &piece)
    }

    mutating func end(_ usage: TokenUsage) {
        end = OllamaEnd(reason: pieces.reason, usage: usage)
    }
}

/// Turns the events of a reply into lines.
struct OllamaLines<Event: OllamaEvent>: ReplyFrames {
    static var form: StreamForm { .lines }

    private let writer: OllamaReplyWriter
    private var fold = OllamaFold<Event>()

    init(writer: OllamaReplyWriter) {
        self.writer = writer
    }

    mutating func append(_ event: Event, to frames: inout [UInt8]) {
        fold.add(event)
        guard !fold.piece.isEmpty else { return }
        append(line: writer.bytes(fold.piece), to: &frames)
        fold.piece = OllamaPiece()
    }

    /// A line without text.
    func appendSignOfLife(_ status: String, to frames: inout [UInt8]) {
        append(line: writer.bytes(OllamaPiece()), to: &frames)
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        fold.end(usage)
        append(line: writer.bytes(OllamaPiece(), end: fold.end), to: &frames)
    }

    func fail(_ error: APIError, _ frames: inout [UInt8]) {
        append(line: ErrorFormat.ollama.body(error), to: &frames)
    }

    private func append(line: [UInt8], to frames: inout [UInt8]) {
        frames += line + [UInt8(ascii: "\n")]
    }
}
