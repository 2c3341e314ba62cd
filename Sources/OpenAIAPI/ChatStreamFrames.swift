internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// Turns the events of a chat stream into the frames that its client reads, in the order that clients rely on: for each
/// choice its role, its reasoning, its content and tool calls, its end; then the token counts, then `[DONE]`.
struct ChatStreamFrames {
    private let chunks: ChunkWriter
    /// Nil where no log-probabilities were asked for.
    private let logProbabilities: LogProbabilityBody?
    private let includesUsage: Bool
    /// Sent with the first chunk.
    private var warnings: [RequestWarning]
    /// Sent with the first chunk, if anybody asked.
    private var effective: EffectiveBody?
    private let reasoningField: ReasoningFieldName
    private var hasRole: [Bool]
    private var heartbeat = StreamHeartbeat()
    /// When the reply was begun; nil where nobody wants to know how far the prompt is.
    private let progressStart: ContinuousClock.Instant?
    /// Prompt tokens found in the prefix cache, as far as it is known.
    var cachedTokenCount = 0

    init(
        _ identity: ReplyIdentity, choiceCount: Int, includesUsage: Bool, logProbabilities: LogProbabilityBody?,
        warnings: [RequestWarning], reasoningField: ReasoningFieldName = .reasoningContent,
        effective: EffectiveBody? = nil, reportsProgress: Bool = false
    ) {
        self.chunks = ChunkWriter(identity, object: "chat.completion.chunk", includesUsage: includesUsage)
        self.logProbabilities = logProbabilities
        self.includesUsage = includesUsage
        self.warnings = warnings
        self.reasoningField = reasoningField
        self.effective = effective
        self.progressStart = reportsProgress ? .now : nil
        self.hasRole = Array(repeating: false, count: choiceCount)
    }

    /// The frames of new events, possibly none.
    mutating func frames(for events: [ChatEvent]) -> [UInt8] {
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

    private mutating func append(_ event: ChatEvent, to frames: inout [UInt8]) {
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
        case .delta(let choice, let delta, let tokens):
            heartbeat.generating()
            appendRole(choice, to: &frames)
            if case .reasoning = delta {
                appendChoice(choice, reasoningTokens: tokens, to: &frames) { write(delta, to: &$0) }
            } else {
                appendChoice(choice, tokens: tokens, to: &frames) { write(delta, to: &$0) }
            }
        case .finished(let choice, let finish):
            appendRole(choice, to: &frames)
            appendChoice(choice, finish: finish, to: &frames) { _ in }
        }
    }

    /// All choices share a prompt: the first tells how far it is.
    private mutating func appendProgress(_ choice: Int, done: Int, of total: Int, to frames: inout [UInt8]) {
        guard let progressStart, choice == 0 else { return }
        appendRole(choice, to: &frames)
        let progress = PromptProgress(
            total: total, cached: cachedTokenCount, processed: done, time: .now - progressStart)
        appendChoice(choice, progress: progress, to: &frames) { _ in }
    }

    private mutating func appendRole(_ choice: Int, to frames: inout [UInt8]) {
        guard !hasRole[choice] else { return }
        hasRole[choice] = true
        appendChoice(choice, to: &frames) { writer in
            writer.append(key: "role", string: "assistant")
            writer.append(key: "content", string: "")
        }
        warnings = []
        effective = nil
    }

    private func appendChoice(
        _ choice: Int, tokens: [SentToken] = [], reasoningTokens: [SentToken] = [], finish: ChatFinish? = nil,
        progress: PromptProgress? = nil, to frames: inout [UInt8],
        delta: (inout JSONWriter) -> Void
    ) {
        chunks.append(
            to: &frames,
            extras: { writer in
                warnings.write(to: &writer)
                effective?.write(to: &writer)
                progress?.write(to: &writer)
            }
        ) { writer in
            writer.beginObject()
            writer.append(key: "index", int: choice)
            writer.append(key: "delta")
            writer.beginObject()
            delta(&writer)
            writer.endObject()
            writer.append(key: "logprobs")
            if let logProbabilities, !tokens.isEmpty {
                logProbabilities.writeChat(tokens, to: &writer)
            } else {
                writer.appendNull()
            }
            if let logProbabilities, !reasoningTokens.isEmpty {
                writer.append(key: "reasoning_logprobs")
                logProbabilities.writeTokens(reasoningTokens, to: &writer)
            }
            writer.append(key: "finish_reason")
            writer.append(optional: finish?.reason.rawName)
            finish?.writeDetails(to: &writer)
            writer.endObject()
        }
    }

    private func write(_ delta: OutputDelta, to writer: inout JSONWriter) {
        switch delta {
        case .reasoning(let text):
            for key in reasoningField.keys {
                writer.append(key: key, string: text)
            }
        case .content(let text):
            writer.append(key: "content", string: text)
        case .toolCallBegan(let index, let id, let name):
            Self.writeToolCall(index, id: id, name: name, arguments: "", to: &writer)
        case .toolCallArguments(let index, let text):
            Self.writeToolCall(index, id: nil, name: nil, arguments: text, to: &writer)
        }
    }

    /// Id, type and name stand in a call's first delta only: clients join the strings of all of them.
    private static func writeToolCall(
        _ index: Int, id: String?, name: String?, arguments: String, to writer: inout JSONWriter
    ) {
        writer.append(key: "tool_calls")
        writer.beginArray()
        writer.beginObject()
        writer.append(key: "index", int: index)
        if let id {
            writer.append(key: "id", string: id)
            writer.append(key: "type", string: "function")
        }
        writer.append(key: "function")
        writer.beginObject()
        if let name {
            writer.append(key: "name", string: name)
        }
        writer.append(key: "arguments", string: arguments)
        writer.endObject()
        writer.endObject()
        writer.endArray()
    }
}

extension ChatFinish {
    /// `finish_details`, where there is more to say than `finish_reason` has words for.
    func writeDetails(to writer: inout JSONWriter) {
        guard reasoningEnd != nil || isTimedOut else { return }
        writer.append(key: "finish_details")
        writer.beginObject()
        if let reasoningEnd {
            writer.append(key: "reasoning_end", string: reasoningEnd.rawValue)
        }
        if isTimedOut {
            writer.append(key: "limit", string: "time")
        }
        writer.endObject()
    }
}

extension ChatFinishReason {
    /// The value of `finish_reason`.
    var rawName: String {
        switch self {
        case .stop: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        }
    }
}
