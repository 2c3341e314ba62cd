internal import APIDoors
internal import JSON
internal import Serving

/// The body of a whole text completion.
struct CompletionBody {
    let identity: ReplyIdentity
    let result: CompletionResult
    /// Nil where no log-probabilities were asked for.
    let logProbabilities: LogProbabilityBody?
    /// Nil where nobody asked about the prompt.
    let promptLogProbabilities: LogProbabilityBody?
    let warnings: [RequestWarning]

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "id", string: identity.id)
        writer.append(key: "object", string: "text_completion")
        writer.append(key: "created", int: identity.created)
        writer.append(key: "model", string: identity.model)
        writer.append(key: "choices")
        writer.beginArray()
        for (index, choice) in result.choices.enumerated() {
            write(choice, index: index, to: &writer)
        }
        writer.endArray()
        writer.append(key: "usage")
        result.usage.write(to: &writer)
        writer.append(key: "system_fingerprint", string: identity.fingerprint)
        writer.append(key: "timings")
        result.usage.writeTimings(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    private func write(_ choice: CompletionResult.Choice, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "index", int: index)
        writer.append(key: "text", string: choice.text)
        writer.append(key: "logprobs")
        if let logProbabilities {
            logProbabilities.writeCompletion(choice.tokens, to: &writer)
        } else {
            writer.appendNull()
        }
        promptLogProbabilities?.writePrompt(choice.promptTokens, to: &writer)
        writer.append(key: "finish_reason")
        writer.append(optional: choice.finishReason?.rawName)
        writer.endObject()
    }
}
