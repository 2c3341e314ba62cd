internal import APIDoors
internal import JSON
internal import Serving

/// The body of a whole text completion.
struct CompletionBody {
    let reply: CompletionReply
    let result: CompletionResult

    var bytes: [UInt8] {
        reply.identity.body(object: "text_completion", result.usage) { writer in
            for (index, choice) in result.choices.enumerated() {
                write(choice, index: index, to: &writer)
            }
        } further: { writer in
            reply.warnings.write(to: &writer)
        }
    }

    private func write(_ choice: CompletionResult.Choice, index: Int, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "index", int: index)
        writer.append(key: "text", string: choice.text)
        writer.append(key: "logprobs")
        if let logProbabilities = reply.likelihoods.output {
            logProbabilities.writeCompletion(choice.tokens, to: &writer)
        } else {
            writer.appendNull()
        }
        reply.likelihoods.prompt?.writePrompt(choice.promptTokens, to: &writer)
        writer.append(key: "finish_reason")
        writer.append(optional: choice.finishReason?.rawName)
        writer.endObject()
    }
}
