internal import APIDoors
internal import Chat
internal import JSON
internal import Sampling
internal import Serving

/// Turns the events of a chat stream into the frames that its client reads, in the order that clients rely on: for each
/// choice its role, its reasoning, its content and tool calls, its end; then the token counts, then `[DONE]`.
struct ChatStreamFrames: ReplyFrames {
    private var chunks: ChunkWriter
    /// Nil where no log-probabilities were asked for.
    private let logProbabilities: LogProbabilityBody?
    private let delivery: ReplyDelivery
    private var hasRole: [Bool]

    init(_ reply: ChatReply) {
        chunks = ChunkWriter(reply, object: "chat.completion.chunk") { writer in
            reply.warnings.write(to: &writer)
            reply.effective?.write(to: &writer)
        }
        logProbabilities = reply.likelihoods.output
        delivery = reply.delivery
        hasRole = Array(repeating: false, count: reply.stream.choiceCount)
    }

    mutating func append(_ event: ChatEvent, to frames: inout [UInt8]) {
        switch event {
        case .progress(let progress):
            // All choices share a prompt: the first tells how far it is.
            guard let (choice, progress) = chunks.progress(progress), choice == 0 else { return }
            appendRole(choice, to: &frames)
            appendChoice(choice, progress: progress, to: &frames) { _ in }
        case .delta(let choice, let delta, let tokens):
            appendRole(choice, to: &frames)
            let field = delivery.reasoningField
            if case .reasoning = delta {
                appendChoice(choice, reasoningTokens: tokens, to: &frames) { Self.write(delta, field, to: &$0) }
            } else {
                appendChoice(choice, tokens: tokens, to: &frames) { Self.write(delta, field, to: &$0) }
            }
        case .finished(let choice, let finish):
            appendRole(choice, to: &frames)
            appendChoice(choice, finish: finish, to: &frames) { _ in }
        }
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        chunks.appendEnd(usage, to: &frames)
    }

    mutating func fail(_ error: APIError, _ frames: inout [UInt8]) {
        ChunkWriter.append(error, to: &frames)
    }

    private mutating func appendRole(_ choice: Int, to frames: inout [UInt8]) {
        guard !hasRole[choice] else { return }
        hasRole[choice] = true
        appendChoice(choice, to: &frames) { writer in
            writer.append(key: "role", string: "assistant")
            writer.append(key: "content", string: "")
        }
    }

    private mutating func appendChoice(
        _ choice: Int, tokens: [SentToken] = [], reasoningTokens: [SentToken] = [], finish: ChatFinish? = nil,
        progress: PromptProgress? = nil, to frames: inout [UInt8],
        delta: (inout JSONWriter) -> Void
    ) {
        chunks.append(choice, to: &frames, progress: progress) { [logProbabilities, delivery] writer in
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
            writer.append(optional: (finish?.reason).map(delivery.name))
            finish?.writeDetails(to: &writer)
            writer.endObject()
        }
    }

    private static func write(_ delta: OutputDelta, _ reasoningField: ReasoningFieldName, to writer: inout JSONWriter) {
        switch delta {
        case .reasoning(let text):
            for key in reasoningField.keys {
                writer.append(key: key, string: text)
            }
        case .content(let text):
            writer.append(key: "content", string: text)
        case .toolCallBegan(let index, let id, let name):
            writeToolCall(index, id: id, name: name, arguments: "", to: &writer)
        case .toolCallArguments(let index, let text):
            writeToolCall(index, id: nil, name: nil, arguments: text, to: &writer)
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
        guard reasoningEnd != nil || cut != nil || form != nil || loop != nil else { return }
        writer.append(key: "finish_details")
        writer.beginObject()
        if let reasoningEnd {
            writer.append(key: "reasoning_end", string: reasoningEnd.rawValue)
        }
        if let cut {
            writer.append(key: "limit", string: cut.rawValue)
        }
        if let form {
            writer.append(key: "json", string: form.rawValue)
        }
        if let loop {
            writer.append(key: "loop")
            writer.beginObject()
            writer.append(key: "period", int: loop.period)
            writer.append(key: "count", int: loop.count)
            writer.endObject()
        }
        writer.endObject()
    }
}

extension ReplyDelivery {
    /// The value of `finish_reason`.
    func name(_ reason: ChatFinishReason) -> String {
        switch reason {
        case .stop: "stop"
        case .length: "length"
        case .toolCalls: endsNamedCallWithStop ? "stop" : "tool_calls"
        }
    }
}
