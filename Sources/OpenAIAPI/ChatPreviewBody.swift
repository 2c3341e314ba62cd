internal import APIDoors
internal import Chat
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// The body of a dry run: what would be sent to the model, and with which settings.
struct ChatPreviewBody {
    let preview: ChatPreview
    let effective: EffectiveBody
    let warnings: [RequestWarning]

    var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "object", string: "chat.completion.preview")
        writer.append(key: "model", string: preview.model.name)
        writer.append(key: "prompt", string: preview.prompt.text)
        writer.append(key: "prompt_token_ids")
        writer.beginArray()
        preview.prompt.ids.forEach { writer.append(int: $0.index) }
        writer.endArray()
        writer.append(key: "usage")
        writer.beginObject()
        writer.append(key: "prompt_tokens", int: preview.prompt.ids.count)
        writer.endObject()
        writer.append(key: "starts_in", string: preview.prompt.startPhase == .reasoning ? "reasoning" : "content")
        effective.write(to: &writer)
        warnings.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }
}

extension ChatCompletionCall {
    /// What the request came to, as its sender may want to know it.
    func effective(_ settings: EffectiveSettings) -> EffectiveBody {
        EffectiveBody(
            settings: settings, sources: sources, delivery: request.reasoningDelivery,
            reasoningField: delivery.reasoningField)
    }
}
