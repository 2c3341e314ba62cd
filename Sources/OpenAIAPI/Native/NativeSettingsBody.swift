internal import APIDoors
internal import Engine
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// Writes `generation_settings`: what a request of `/completion` came to, by llama-server's names.
struct NativeSettingsBody {
    let reply: NativeReply
    /// The place of the prompt in the request.
    let prompt: Int

    func write(to writer: inout JSONWriter) {
        let settings = reply.stream.settings
        let sampling = settings.sampling
        writer.beginObject()
        writer.append(key: "n_ctx", int: settings.contextLength)
        // As it was sent: a negative seed is one of the upper half.
        writer.append(key: "seed", int: Int(Int64(bitPattern: sampling.seed)))
        for (key, value) in [
            ("temperature", sampling.temperature), ("top_p", sampling.topP), ("min_p", sampling.minP),
            ("repeat_penalty", sampling.repetitionPenalty), ("presence_penalty", sampling.presencePenalty),
            ("frequency_penalty", sampling.frequencyPenalty),
        ] {
            writer.append(key: key)
            writer.append(float: value)
        }
        writer.append(key: "top_k", int: sampling.topK)
        // Penalties look at all tokens.
        writer.append(key: "repeat_last_n", int: -1)
        writer.append(key: "stop")
        writer.beginArray()
        settings.stops.strings.forEach { writer.append(string: $0) }
        writer.endArray()
        let maximum = settings.maximumTokens[prompt]
        writer.append(key: "max_tokens", int: maximum)
        writer.append(key: "n_predict", int: maximum)
        writer.append(key: "ignore_eos", bool: sampling.ignoresEnd)
        writer.append(key: "stream", bool: reply.isStreamed)
        writer.append(key: "n_probs", int: reply.details.hasProbabilities ? sampling.logProbabilityCount ?? 0 : 0)
        writer.append(key: "logit_bias")
        write(sampling.logitBias, to: &writer)
        writer.append(key: "grammar", string: reply.details.grammar)
        writer.append(key: "samplers")
        writer.beginArray()
        for name in ["penalties", "temperature", "top_k", "top_p", "min_p"] { writer.append(string: name) }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ biases: [TokenID: Float], to writer: inout JSONWriter) {
        writer.beginArray()
        for (token, bias) in biases.sorted(by: { $0.key < $1.key }) {
            writer.beginObject()
            writer.append(key: "bias")
            writer.append(float: bias)
            writer.append(key: "token", int: token.index)
            writer.endObject()
        }
        writer.endArray()
    }
}
