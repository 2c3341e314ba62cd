import HTTPClient
import JSON
import OpenAIAPI
import Serving

/// The body of a streamed chat completion. What was not set is not sent, as servers of other makers know fewer fields.
enum ServerRequest {
    static func body(for request: ChatRequest, model: String, tellsProgress: Bool = false) -> [UInt8] {
        var members: JSONObject = [
            "model": .string(model),
            "messages": ConversationJSON.value(of: request.messages),
            "stream": true,
            "stream_options": ["include_usage": true],
        ]
        if tellsProgress { members["return_progress"] = true }
        let options = request.options
        members["temperature"] = options.temperature.map(JSONValue.number)
        members["top_p"] = options.topP.map(JSONValue.number)
        members["top_k"] = options.topK.map(JSONValue.number)
        members["seed"] = options.seed.map { .number(JSONNumber($0)) }
        members["max_tokens"] = options.maximumTokens.map(JSONValue.number)
        members["thinking_budget"] = request.thinkingBudget.map(JSONValue.number)
        if let thinking = request.thinking {
            members["chat_template_kwargs"] = ["enable_thinking": .bool(thinking)]
        }
        return JSONValue.object(members).serializedBytes()
    }
}

/// The data of a server's events in, what happens in the reply out.
struct ServerReplyReader {
    private let server: ServerURL
    private let countTokens: (String) -> Int?
    private var boundary = ReasoningBoundary()
    private var reason: String?
    private var usage: ReplyUsage?

    init(server: ServerURL, countTokens: @escaping (String) -> Int?) {
        self.server = server
        self.countTokens = countTokens
    }

    /// Takes in the data of one event.
    mutating func read(_ data: [UInt8]) throws(ClientError) -> [ReplyEvent] {
        guard data != Array("[DONE]".utf8) else { return [] }
        guard let chunk = try? JSONValue(parsing: data) else {
            throw ClientError("\(server): an event of its answer is no JSON")
        }
        if let error = chunk["error"], !error.isNull {
            throw ClientError("\(server): \(error["message"]?.stringValue ?? "the answer failed")")
        }
        var events: [ReplyEvent] = (chunk["warnings"]?.arrayValue ?? []).compactMap { warning in
            warning["message"]?.stringValue.map(ReplyEvent.notice)
        }
        if let counts = chunk["usage"], counts.objectValue != nil {
            usage = ReplyUsage(counts, timings: chunk["timings"])
        }
        if let progress = chunk["prompt_progress"], let done = progress["processed"]?.intValue,
            let total = progress["total"]?.intValue
        {
            events.append(.readingPrompt(done: done, of: total))
        }
        guard let choice = chunk["choices"]?[0] else { return events }
        let delta = choice["delta"]
        events += boundary.events(
            reasoning: delta?["reasoning_content"]?.stringValue ?? delta?["reasoning"]?.stringValue,
            content: delta?["content"]?.stringValue, countTokens: countTokens)
        if let text = choice["finish_reason"]?.stringValue { reason = text }
        return events
    }

    /// The answer has ended.
    func end() throws(ClientError) -> ReplyEnd {
        guard let reason else { throw ClientError("\(server): the answer broke off") }
        return ReplyEnd(reason: reason, usage: usage)
    }

    /// An answer with another status than 200, as one line.
    static func failure(_ status: Int, _ body: [UInt8], of server: ServerURL) -> ClientError {
        let json = try? JSONValue(parsing: body)
        let message = json?["error"]?["message"]?.stringValue ?? json?["error"]?.stringValue
        return ClientError("\(server): \(message ?? "it answered with the status \(status)")")
    }
}

extension ReplyUsage {
    /// - Parameters:
    ///   - usage: the object with OpenAI's names.
    ///   - timings: the one with llama-server's.
    fileprivate init(_ usage: JSONValue, timings: JSONValue?) {
        self.init(
            promptTokens: usage["prompt_tokens"]?.intValue ?? 0,
            cachedTokens: usage["prompt_tokens_details"]?["cached_tokens"]?.intValue ?? 0,
            completionTokens: usage["completion_tokens"]?.intValue ?? 0,
            reasoningTokens: usage["completion_tokens_details"]?["reasoning_tokens"]?.intValue ?? 0)
        if let prompt = timings?["prompt_ms"]?.doubleValue, let generation = timings?["predicted_ms"]?.doubleValue,
            (0..<1e12).contains(prompt), (0..<1e12).contains(generation)
        {
            times = Times(prompt: .microseconds(prompt * 1e3), generation: .microseconds(generation * 1e3))
        }
    }
}
