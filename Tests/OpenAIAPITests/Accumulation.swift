import JSON
import Testing

/// What a client's accumulation of a stream comes to, for one choice.
struct Accumulation: Equatable {
    var role: String?
    var content = ""
    var reasoning: String?
    var toolCalls: [[String: String]] = []
    var finishReason: String?
    var tokens: [String] = []

    /// Joins the deltas of a choice as OpenAI's client does.
    init(_ events: [JSONValue], choice: Int = 0) throws {
        for event in events {
            for part in event["choices"]?.arrayValue ?? [] where part["index"]?.intValue == choice {
                try add(part)
            }
        }
    }

    /// The same of a whole reply.
    init(whole choice: JSONValue) {
        let message = choice["message"]
        role = message?["role"]?.stringValue
        content = message?["content"]?.stringValue ?? ""
        reasoning = message?["reasoning_content"]?.stringValue
        finishReason = choice["finish_reason"]?.stringValue
        tokens = choice["logprobs"]?["content"]?.arrayValue?.compactMap { $0["token"]?.stringValue } ?? []
        for call in message?["tool_calls"]?.arrayValue ?? [] {
            toolCalls.append([
                "id": call["id"]?.stringValue ?? "", "name": call["function"]?["name"]?.stringValue ?? "",
                "arguments": call["function"]?["arguments"]?.stringValue ?? "",
            ])
        }
    }

    private mutating func add(_ part: JSONValue) throws {
        let delta = try #require(part["delta"]?.objectValue)
        if let text = delta["role"]?.stringValue { role = (role ?? "") + text }
        if let text = delta["content"]?.stringValue { content += text }
        if let text = delta["reasoning_content"]?.stringValue { reasoning = (reasoning ?? "") + text }
        if let reason = part["finish_reason"]?.stringValue { finishReason = (finishReason ?? "") + reason }
        tokens += part["logprobs"]?["content"]?.arrayValue?.compactMap { $0["token"]?.stringValue } ?? []
        for call in delta["tool_calls"]?.arrayValue ?? [] {
            let index = try #require(call["index"]?.intValue)
            if index == toolCalls.count { toolCalls.append(["id": "", "name": "", "arguments": ""]) }
            guard toolCalls.indices.contains(index) else {
                Issue.record("the indices of tool calls are not dense: \(index)")
                return
            }
            toolCalls[index]["id", default: ""] += call["id"]?.stringValue ?? ""
            toolCalls[index]["name", default: ""] += call["function"]?["name"]?.stringValue ?? ""
            toolCalls[index]["arguments", default: ""] += call["function"]?["arguments"]?.stringValue ?? ""
        }
    }

    /// Ids of calls are random: they are compared by being there.
    func withoutIdentifiers() -> Accumulation {
        var copy = self
        for index in copy.toolCalls.indices {
            copy.toolCalls[index]["id"] = copy.toolCalls[index]["id"]?.hasPrefix("call_") == true ? "call" : nil
        }
        return copy
    }
}
