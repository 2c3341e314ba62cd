internal import APIDoors
internal import Chat
internal import JSON
internal import Serving

/// The body of a whole chat reply.
struct ChatCompletionBody {
    let reply: ChatReply
    let result: ChatResult

    var bytes: [UInt8] {
        reply.identity.body(object: "chat.completion", result.usage) { writer in
            for (index, choice) in result.choices.enumerated() {
                write(choice, index: index, to: &writer)
            }
        } further: { writer in
            reply.likelihoods.prompt?.writePrompt(result.promptTokens, to: &writer)
            reply.warnings.write(to: &writer)
            reply.effective?.write(to: &writer)
        }
    }

    private func write(_ choice: ChatResult.Choice, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "index", int: index)
        writer.append(key: "message")
        Self.write(message: choice, reasoningField: reply.delivery.reasoningField, to: &writer)
        writer.append(key: "logprobs")
        if let logProbabilities = reply.likelihoods.output {
            logProbabilities.writeChat(choice.tokens, to: &writer)
        } else {
            writer.appendNull()
        }
        if let logProbabilities = reply.likelihoods.output, !choice.reasoningTokens.isEmpty {
            writer.append(key: "reasoning_logprobs")
            logProbabilities.writeTokens(choice.reasoningTokens, to: &writer)
        }
        writer.append(key: "finish_reason")
        writer.append(optional: choice.finishReason.map(reply.delivery.name))
        choice.finish?.writeDetails(to: &writer)
        writer.endObject()
    }

    /// The message of a choice.
    static func write(
        message choice: ChatResult.Choice, reasoningField: ReasoningFieldName, to writer: inout JSONWriter
    ) {
        writer.beginObject()
        writer.append(key: "role", string: "assistant")
        writer.append(key: "content")
        // Only a reply that calls tools may have no content at all.
        writer.append(optional: choice.content.isEmpty && !choice.toolCalls.isEmpty ? nil : choice.content)
        writer.append(key: "refusal")
        writer.appendNull()
        for key in reasoningField.keys {
            writer.append(key: key)
            writer.append(optional: choice.reasoning)
        }
        if !choice.toolCalls.isEmpty {
            writer.append(key: "tool_calls")
            writer.beginArray()
            for call in choice.toolCalls {
                write(call, to: &writer)
            }
            writer.endArray()
        }
        writer.endObject()
    }

    private static func write(_ call: ToolCall, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "id", string: call.id)
        writer.append(key: "type", string: "function")
        writer.append(key: "function")
        writer.beginObject()
        writer.append(key: "name", string: call.name)
        writer.append(key: "arguments", string: call.arguments)
        writer.endObject()
        writer.endObject()
    }
}
