internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving
internal import Tokens

/// A reply of `/completion` that has begun.
struct NativeReply: DialectReply {
    let stream: CompletionStream
    let isStreamed: Bool
    let warnings: [RequestWarning]
    /// The prompt as it was given.
    let prompt: JSONValue
    let details: NativeTokenDetails

    var frames: NativeFrames { NativeFrames(reply: self) }
    var whole: CompletionResult { CompletionResult(choiceCount: stream.choiceCount) }

    func body(of whole: CompletionResult) -> [UInt8] {
        let choice = whole.choices.first
        return end(content: choice?.text ?? "", choice?.tokens ?? [], choice?.finishReason, whole.usage)
    }

    /// The whole reply, or the last event of a stream, which has no text.
    fileprivate func end(
        content: String, _ tokens: [CompletionToken], _ finish: CompletionFinishReason?, _ usage: TokenUsage
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        write(content, tokens, isEnd: true, to: &writer)
        writer.append(key: "model", string: stream.model.name)
        writer.append(key: "tokens_predicted", int: usage.completionTokens)
        writer.append(key: "tokens_evaluated", int: usage.promptTokens)
        writer.append(key: "tokens_cached", int: usage.cachedTokens)
        writer.append(key: "truncated", bool: false)
        writer.append(key: "prompt")
        writer.append(value: prompt)
        writer.append(key: "stop_type", string: finish?.stopType ?? "none")
        writer.append(key: "stopping_word", string: finish?.stopString ?? "")
        writer.append(key: "timings")
        usage.writeTimings(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// The text and what is told of its tokens.
    fileprivate func write(_ content: String, _ tokens: [CompletionToken], isEnd: Bool, to writer: inout JSONWriter) {
        writer.append(key: "index", int: 0)
        writer.append(key: "content", string: content)
        if details.hasIDs {
            writer.append(key: "tokens")
            writer.beginArray()
            tokens.forEach { writer.append(int: $0.id.index) }
            writer.endArray()
        }
        if details.hasProbabilities, !tokens.isEmpty {
            writer.append(key: "completion_probabilities")
            LogProbabilityBody(model: stream.model, namesTokensByID: false).writeNative(tokens, to: &writer)
        }
        writer.append(key: "stop", bool: isEnd)
    }
}

/// Turns the events of a completion into those of a stream of `/completion`.
struct NativeFrames: ReplyFrames {
    let reply: NativeReply
    private var finish: CompletionFinishReason?

    init(reply: NativeReply) {
        self.reply = reply
    }

    mutating func append(_ event: CompletionEvent, to frames: inout [UInt8]) {
        switch event {
        case .progress: return
        case .finished(_, let reason): finish = reason
        case .text(_, let text, let tokens):
            var writer = JSONWriter()
            writer.beginObject()
            reply.write(text, tokens, isEnd: false, to: &writer)
            writer.endObject()
            ServerSentEvents.append(data: writer.bytes, to: &frames)
        }
    }

    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {
        ServerSentEvents.append(data: reply.end(content: "", [], finish, usage), to: &frames)
    }

    mutating func fail(_ error: APIError, _ frames: inout [UInt8]) {
        ServerSentEvents.append(data: error.body, to: &frames)
    }
}

extension CompletionFinishReason {
    fileprivate var stopType: String {
        switch self {
        case .stop: "eos"
        case .stopString: "word"
        case .length: "limit"
        }
    }

    fileprivate var stopString: String? {
        if case .stopString(let text) = self { text } else { nil }
    }
}
