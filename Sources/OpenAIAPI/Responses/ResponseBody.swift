internal import APIDoors
internal import JSON
internal import Serving

/// The response object: whole, or as the events of a stream show it.
struct ResponseBody: Sendable {
    enum Outcome: Sendable {
        case inProgress
        case finished(ChatFinish?, TokenUsage)
        case failed(APIError)
        /// The client has just called it off.
        case cancelled
    }

    let identity: ReplyIdentity
    let echo: JSONObject
    let warnings: [RequestWarning]

    func bytes(_ items: [ResponseItem], _ outcome: Outcome) -> [UInt8] {
        var writer = JSONWriter()
        write(items, outcome, to: &writer)
        return writer.bytes
    }

    func write(_ items: [ResponseItem], _ outcome: Outcome, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "id", string: identity.id)
        writer.append(key: "object", string: "response")
        writer.append(key: "created_at", int: identity.created)
        writer.append(key: "status", string: outcome.status)
        writer.append(key: "model", string: identity.model)
        writer.append(key: "error")
        outcome.writeError(to: &writer)
        writer.append(key: "incomplete_details")
        outcome.writeIncompleteDetails(to: &writer)
        writer.append(key: "output")
        writer.beginArray()
        items.forEach { $0.write(to: &writer) }
        writer.endArray()
        for (key, value) in echo {
            writer.append(key: key)
            writer.append(value: value)
        }
        writer.append(key: "usage")
        outcome.writeUsage(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
    }
}

extension ResponseBody.Outcome {
    /// Whether the response broke off: by a limit, or because its client called it off.
    var isCut: Bool {
        if case .finished(let finish, _) = self { finish?.reason == .length } else { false }
    }

    private var isCalledOff: Bool {
        if case .finished(let finish, _) = self { finish?.cut == .client } else { false }
    }

    /// The response's status.
    var status: String { isCalledOff ? "cancelled" : eventName }

    /// The end of its last event's name: a stream has no name of its own for what was called off.
    var eventName: String {
        switch self {
        case .inProgress: "in_progress"
        case .finished: isCut ? "incomplete" : "completed"
        case .failed: "failed"
        case .cancelled: "cancelled"
        }
    }

    fileprivate func writeError(to writer: inout JSONWriter) {
        guard case .failed(let error) = self else { return writer.appendNull() }
        writer.beginObject()
        writer.append(key: "code", string: "server_error")
        writer.append(key: "message", string: error.message)
        writer.endObject()
    }

    fileprivate func writeIncompleteDetails(to writer: inout JSONWriter) {
        guard isCut, !isCalledOff else { return writer.appendNull() }
        writer.beginObject()
        writer.append(key: "reason", string: "max_output_tokens")
        writer.endObject()
    }

    fileprivate func writeUsage(to writer: inout JSONWriter) {
        guard case .finished(_, let usage) = self else { return writer.appendNull() }
        writer.beginObject()
        writer.append(key: "input_tokens", int: usage.promptTokens)
        writer.append(key: "input_tokens_details")
        writer.beginObject()
        writer.append(key: "cached_tokens", int: usage.cachedTokens)
        writer.append(key: "cache_write_tokens", int: 0)
        usage.writeRestoredReasoning(to: &writer)
        writer.endObject()
        writer.append(key: "output_tokens", int: usage.completionTokens)
        writer.append(key: "output_tokens_details")
        writer.beginObject()
        writer.append(key: "reasoning_tokens", int: usage.reasoningTokens)
        if let thinkingBudget = usage.thinkingBudget {
            writer.append(key: "reasoning_budget", int: thinkingBudget)
        }
        writer.endObject()
        writer.append(key: "total_tokens", int: usage.totalTokens)
        writer.endObject()
    }
}
