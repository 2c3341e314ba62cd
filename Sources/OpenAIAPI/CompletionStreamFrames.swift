internal import APIDoors
internal import JSON
internal import Serving

/// Turns the events of a completion stream into the frames that its client reads.
struct CompletionStreamFrames: ReplyFrames {
    private var chunks: ChunkWriter
    /// Nil where no log-probabilities were asked for.
    private let logProbabilities: LogProbabilityBody?

    init(_ reply: CompletionReply) {
        chunks = ChunkWriter(reply, object: "text_completion") { reply.warnings.write(to: &$0) }
        logProbabilities = reply.likelihoods.output
    }

    mutating func append(_ event: CompletionEvent, to frames: inout [UInt8]) {
        switch event {
        case .progress(let progress):
            guard let (choice, progress) = chunks.progress(progress) else { return }
            appendChoice(choice, progress: progress, to: &frames)
        case .text(let choice, let text, let tokens):
            appendChoice(choice, text: text, tokens: tokens, to: &frames)
        case .finished(let choice, let reason, _):
            appendChoice(choice, finishReason: reason.rawName, to: &frames)
        }
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        chunks.appendEnd(usage, to: &frames)
    }

    mutating func fail(_ error: APIError, _ frames: inout [UInt8]) {
        ChunkWriter.append(error, to: &frames)
    }

    private mutating func appendChoice(
        _ choice: Int, text: String = "", tokens: [CompletionToken] = [], finishReason: String? = nil,
        progress: PromptProgress? = nil, to frames: inout [UInt8]
    ) {
        chunks.append(choice, to: &frames, progress: progress) { [logProbabilities] writer in
            writer.beginObject()
            writer.append(key: "index", int: choice)
            writer.append(key: "text", string: text)
            writer.append(key: "logprobs")
            if let logProbabilities, !tokens.isEmpty {
                logProbabilities.writeCompletion(tokens, to: &writer)
            } else {
                writer.appendNull()
            }
            writer.append(key: "finish_reason")
            writer.append(optional: finishReason)
            writer.endObject()
        }
    }
}

extension CompletionFinishReason {
    /// The value of `finish_reason`.
    var rawName: String {
        switch self {
        case .stop, .stopString: "stop"
        case .length: "length"
        }
    }
}
