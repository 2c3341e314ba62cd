internal import APIDoors
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
    /// When the reply was begun; nil where nobody wants to know how far the prompt is.
    private let progressStart: ContinuousClock.Instant?
    /// Prompt tokens found in the prefix cache, as far as it is known.
    var cachedTokenCount = 0

    init(
        _ identity: ReplyIdentity, includesUsage: Bool, logProbabilities: LogProbabilityBody?,
        warnings: [RequestWarning], reportsProgress: Bool = false
    ) {
        self.chunks = ChunkWriter(identity, object: "text_completion", includesUsage: includesUsage)
        self.logProbabilities = logProbabilities
        self.includesUsage = includesUsage
        self.warnings = warnings
        self.progressStart = reportsProgress ? .now : nil
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
        case .prefilling(let choice, let done, let total):
            heartbeat.prefilling(done: done, of: total)
            appendProgress(choice, done: done, of: total, to: &frames)
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

    private mutating func appendProgress(_ choice: Int, done: Int, of total: Int, to frames: inout [UInt8]) {
        guard let progressStart else { return }
        let progress = PromptProgress(
            total: total, cached: cachedTokenCount, processed: done, time: .now - progressStart)
        appendChoice(choice, text: "", tokens: [], finishReason: nil, progress: progress, to: &frames)
    }

    private mutating func appendChoice(
        _ choice: Int, text: String, tokens: [CompletionToken], finishReason: String?, progress: PromptProgress? = nil,
        to frames: inout [UInt8]
    ) {
        chunks.append(
            to: &frames,
            extras: { writer in
                warnings.write(to: &writer)
                progress?.write(to: &writer)
            }
        ) { writer in
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
        case .stop, .stopString: "stop"
        case .length: "length"
        }
    }
}
