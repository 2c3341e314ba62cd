internal import JSON
internal import Serving

/// Turns the events of a completion stream into the frames that its client reads.
struct CompletionStreamFrames {
    private let chunks: ChunkWriter
    /// Nil where no log-probabilities were asked for.
    private let logProbabilities: LogProbabilityBody?
    private let includesUsage: Bool
    /// Sent with the first chunk.
    private var warnings: [RequestWarning]
    private var heartbeat = StreamHeartbeat()

    init(
        _ identity: ReplyIdentity, includesUsage: Bool, logProbabilities: LogProbabilityBody?,
        warnings: [RequestWarning]
    ) {
        self.chunks = ChunkWriter(identity, object: "text_completion", includesUsage: includesUsage)
        self.logProbabilities = logProbabilities
        self.includesUsage = includesUsage
        self.warnings = warnings
    }

    /// The frames of new events, possibly none.
    mutating func frames(for events: [CompletionEvent]) -> [UInt8] {
        var frames: [UInt8] = []
        for event in events {
            append(event, to: &frames)
        }
        if !frames.isEmpty {
            heartbeat.sent()
        }
        return frames
    }

    /// The frames that end a stream.
    func end(_ usage: TokenUsage) -> [UInt8] {
        var frames: [UInt8] = []
        if includesUsage {
            chunks.append(usage, to: &frames)
        }
        ChunkWriter.appendDone(to: &frames)
        return frames
    }

    private mutating func append(_ event: CompletionEvent, to frames: inout [UInt8]) {
        switch event {
        case .queued(_, let ahead):
            if let comment = heartbeat.queued(ahead: ahead) {
                ChunkWriter.appendComment(comment, to: &frames)
            }
        case .prefilling(_, let done, let total):
            heartbeat.prefilling(done: done, of: total)
        case .pulse:
            if let comment = heartbeat.pulse() {
                ChunkWriter.appendComment(comment, to: &frames)
            }
        case .text(let choice, let text, let tokens):
            heartbeat.generating()
            appendChoice(choice, text: text, tokens: tokens, finishReason: nil, to: &frames)
        case .finished(let choice, let reason):
            appendChoice(choice, text: "", tokens: [], finishReason: reason.rawName, to: &frames)
        }
    }

    private mutating func appendChoice(
        _ choice: Int, text: String, tokens: [CompletionToken], finishReason: String?, to frames: inout [UInt8]
    ) {
        chunks.append(to: &frames, extras: { warnings.write(to: &$0) }) { writer in
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
        warnings = []
    }
}

extension CompletionFinishReason {
    /// The value of `finish_reason`.
    var rawName: String {
        switch self {
        case .stop: "stop"
        case .length: "length"
        }
    }
}
