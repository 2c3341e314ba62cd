internal import JSON

/// A chat completion as clients look at it. Nothing is checked: what is missing or of another kind is nil.
struct ChatReply: Sendable {
    let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    var choices: [JSONValue] { json["choices"]?.arrayValue ?? [] }
    var message: JSONValue? { choices.first?["message"] }
    var content: String { message?["content"]?.stringValue ?? "" }
    /// By either of its two names.
    var reasoning: String { message?["reasoning_content"]?.stringValue ?? message?["reasoning"]?.stringValue ?? "" }
    var finishReason: String? { choices.first?["finish_reason"]?.stringValue }
    var toolCalls: [JSONValue] { message?["tool_calls"]?.arrayValue ?? [] }

    var usage: JSONValue? { json["usage"] }
    var promptTokens: Int? { usage?["prompt_tokens"]?.intValue }
    var completionTokens: Int? { usage?["completion_tokens"]?.intValue }
    var reasoningTokens: Int? { usage?["completion_tokens_details"]?["reasoning_tokens"]?.intValue }
    var cachedTokens: Int? { usage?["prompt_tokens_details"]?["cached_tokens"]?.intValue }

    /// The tokens of `logprobs.content`.
    var logprobs: [JSONValue]? { choices.first?["logprobs"]?["content"]?.arrayValue }

    /// What the server says that it did not heed.
    var warnings: [JSONValue] { json["warnings"]?.arrayValue ?? [] }

    /// The first call's arguments, read; nil where there is no call or they are no JSON.
    var arguments: JSONValue? {
        toolCalls.first?["function"]?["arguments"]?.stringValue.flatMap { try? JSONValue(parsing: $0) }
    }
}
