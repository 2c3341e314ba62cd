internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving
internal import Tokens

/// A reply of `/completion` that has begun: one object, or an array of them where there are several prompts or choices.
struct NativeReply: DialectReply {
    let stream: CompletionStream
    let isStreamed: Bool
    let warnings: [RequestWarning]
    /// The prompts as they were given.
    let prompts: [JSONValue]
    let details: NativeTokenDetails

    var frames: NativeFrames { NativeFrames(reply: self) }
    var whole: CompletionResult { CompletionResult(choiceCount: stream.choiceCount) }

    func body(of whole: CompletionResult) -> [UInt8] {
        let ends = whole.choices.enumerated().map { index, choice in
            end(of: index, content: choice.text, choice.tokens, choice.finishReason, choice.usage)
        }
        guard ends.count != 1 else { return ends[0] }
        return [UInt8(ascii: "[")] + ends.joined(separator: [UInt8(ascii: ",")]) + [UInt8(ascii: "]")]
    }

    /// A whole choice, or the last event of its stream, which has no text.
    fileprivate func end(
        of choice: Int, content: String, _ tokens: [CompletionToken], _ finish: CompletionFinishReason?,
        _ usage: TokenUsage
    ) -> [UInt8] {
        let prompt = stream.promptIndex(choice: choice)
        var writer = JSONWriter()
        writer.beginObject()
        write(choice, content, tokens, isEnd: true, to: &writer)
        writer.append(key: "model", string: stream.model.name)
        writer.append(key: "tokens_predicted", int: usage.completionTokens)
        writer.append(key: "tokens_evaluated", int: usage.promptTokens)
        writer.append(key: "tokens_cached", int: usage.cachedTokens)
        writer.append(key: "truncated", bool: false)
        writer.append(key: "prompt")
        writer.append(value: prompts[prompt])
        writer.append(key: "generation_settings")
        NativeSettingsBody(reply: self, prompt: prompt).write(to: &writer)
        writer.append(key: "stop_type", string: finish?.stopType ?? "none")
        writer.append(key: "stopping_word", string: finish?.stopString ?? "")
        writer.append(key: "timings")
        usage.writeTimings(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return details.fields.isEmpty ? writer.bytes : Self.selected(details.fields, of: writer.bytes)
    }

    /// Only some members, the nested ones among them at the top.
    private static func selected(_ fields: [String], of bytes: [UInt8]) -> [UInt8] {
        guard let whole = try? JSONValue(parsing: bytes) else { return bytes }
        var object: JSONObject = [:]
        for field in fields {
            let names = field.split(separator: "/").map(String.init)
            let value = names.reduce(Optional(whole)) { $0?[$1] }
            if let name = names.last, let value { object[name] = value }
        }
        return JSONValue.object(object).serializedBytes()
    }

    /// The text and what is told of its tokens.
    fileprivate func write(
        _ choice: Int, _ content: String, _ tokens: [CompletionToken], isEnd: Bool, to writer: inout JSONWriter
    ) {
        writer.append(key: "index", int: choice)
        writer.append(key: "content", string: content)
        writer.append(key: "tokens")
        writer.beginArray()
        if details.hasIDs { tokens.forEach { writer.append(int: $0.id.index) } }
        writer.endArray()
        if details.hasProbabilities, !tokens.isEmpty {
            writer.append(key: "completion_probabilities")
            TokenLikelihoods(model: stream.model, spelling: .llamaServer)
                .write(tokens.map(TokenLikelihood.init), to: &writer)
        }
        writer.append(key: "stop", bool: isEnd)
    }
}

/// Turns the events of a completion into those of a stream of `/completion`.
struct NativeFrames: ReplyFrames {
    let reply: NativeReply

    mutating func append(_ event: CompletionEvent, to frames: inout [UInt8]) {
        switch event {
        case .progress: return
        case .finished(let choice, let reason, let usage):
            ServerSentEvents.append(data: reply.end(of: choice, content: "", [], reason, usage), to: &frames)
        case .text(let choice, let text, let tokens):
            var writer = JSONWriter()
            writer.beginObject()
            reply.write(choice, text, tokens, isEnd: false, to: &writer)
            writer.endObject()
            ServerSentEvents.append(data: writer.bytes, to: &frames)
        }
    }

    /// Each choice has said that it is complete.
    mutating func end(_ usage: TokenUsage, _ frames: inout [UInt8]) {}

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
