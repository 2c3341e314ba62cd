internal import APIDoors
internal import Engine
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// Writes log-probabilities of tokens the way both endpoints name tokens.
struct LogProbabilityBody: Sendable {
    let model: ServedModel
    /// Whether tokens are called `token_id:N` instead of by their text.
    let namesTokensByID: Bool

    /// JSON has no infinity; nothing that was drawn comes near this.
    private static let floor: Float = -9999

    /// The `logprobs` object of a chat choice.
    func writeChat(_ tokens: [SentToken], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "content")
        writeTokens(tokens, to: &writer)
        writer.append(key: "refusal")
        writer.appendNull()
        writer.endObject()
    }

    /// The tokens of a chat choice's content, or of its reasoning.
    func writeTokens(_ tokens: [SentToken], to writer: inout JSONWriter) {
        writer.beginArray()
        for sent in tokens {
            writer.beginObject()
            write(sent.token.id, sent.token.logProbability, to: &writer)
            writer.append(key: "top_logprobs")
            writer.beginArray()
            for alternative in sent.token.alternatives {
                writer.beginObject()
                write(alternative.id, alternative.logProbability, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    /// The `completion_probabilities` of llama-server: as those of a chat, with the tokens' ids.
    func writeNative(_ tokens: [CompletionToken], to writer: inout JSONWriter) {
        writer.beginArray()
        for token in tokens {
            writer.beginObject()
            writer.append(key: "id", int: token.id.index)
            write(token.id, token.logProbability, to: &writer)
            writer.append(key: "top_logprobs")
            writer.beginArray()
            for alternative in token.alternatives {
                writer.beginObject()
                writer.append(key: "id", int: alternative.id.index)
                write(alternative.id, alternative.logProbability, to: &writer)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
        }
        writer.endArray()
    }

    /// The `prompt_logprobs` of vLLM: for each prompt token an object by token id, and null for the first.
    func writePrompt(_ tokens: [PromptLogProbability], to writer: inout JSONWriter) {
        writer.append(key: "prompt_logprobs")
        writer.beginArray()
        for token in tokens {
            guard let logProbability = token.logProbability else {
                writer.appendNull()
                continue
            }
            writer.beginObject()
            if !token.alternatives.contains(where: { $0.id == token.id }) {
                write(prompt: token.id, logProbability, rank: nil, to: &writer)
            }
            for (index, alternative) in token.alternatives.enumerated() {
                write(prompt: alternative.id, alternative.logProbability, rank: index + 1, to: &writer)
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(prompt id: TokenID, _ logProbability: Float, rank: Int?, to writer: inout JSONWriter) {
        writer.append(key: String(id.index))
        writer.beginObject()
        writer.append(key: "logprob")
        write(logProbability, to: &writer)
        writer.append(key: "rank")
        if let rank {
            writer.append(int: rank)
        } else {
            writer.appendNull()
        }
        writer.append(key: "decoded_token", string: name(id))
        writer.endObject()
    }

    /// The `logprobs` object of a completion's choice.
    func writeCompletion(_ tokens: [CompletionToken], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "tokens")
        writer.beginArray()
        tokens.forEach { writer.append(string: name($0.id)) }
        writer.endArray()
        writer.append(key: "token_logprobs")
        writer.beginArray()
        tokens.forEach { write($0.logProbability, to: &writer) }
        writer.endArray()
        writer.append(key: "top_logprobs")
        writer.beginArray()
        tokens.forEach { writeAlternatives(of: $0, to: &writer) }
        writer.endArray()
        writer.append(key: "text_offset")
        writer.beginArray()
        tokens.forEach { writer.append(int: $0.textOffset) }
        writer.endArray()
        writer.endObject()
    }

    private func write(_ id: TokenID, _ logProbability: Float?, to writer: inout JSONWriter) {
        writer.append(key: "token", string: name(id))
        writer.append(key: "logprob")
        write(logProbability ?? Self.floor, to: &writer)
        writer.append(key: "bytes")
        writer.beginArray()
        model.piece(id).bytes.forEach { writer.append(int: Int($0)) }
        writer.endArray()
    }

    private func write(_ logProbability: Float?, to writer: inout JSONWriter) {
        if let logProbability {
            writer.append(float: logProbability > Self.floor ? logProbability : Self.floor)
        } else {
            writer.appendNull()
        }
    }

    /// The likeliest tokens and the token itself, by text; null for a prompt's first token.
    private func writeAlternatives(of token: CompletionToken, to writer: inout JSONWriter) {
        guard let logProbability = token.logProbability else { return writer.appendNull() }
        let own = TokenLogProbability(id: token.id, logProbability: logProbability)
        var names: Set<String> = []
        writer.beginObject()
        // Different tokens may read the same where their bytes are no whole characters: the likelier one counts.
        for alternative in token.alternatives + [own] where names.insert(name(alternative.id)).inserted {
            writer.append(key: name(alternative.id))
            write(alternative.logProbability, to: &writer)
        }
        writer.endObject()
    }

    private func name(_ id: TokenID) -> String {
        namesTokensByID ? "token_id:\(id)" : String(decoding: model.piece(id).bytes, as: UTF8.self)
    }
}

/// What a reply says about how likely its tokens were; nil where nobody asked.
struct ReplyLikelihoods: Sendable {
    var output: LogProbabilityBody?
    var prompt: LogProbabilityBody?

    init(_ options: GenerationOptions, _ delivery: ReplyDelivery, of stream: some ReplyStream) {
        let body = LogProbabilityBody(model: stream.model, namesTokensByID: delivery.namesTokensByID)
        output = options.logProbabilityCount == nil ? nil : body
        prompt = options.promptLogProbabilityCount == nil ? nil : body
    }
}
