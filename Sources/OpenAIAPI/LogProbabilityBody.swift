internal import APIDoors
internal import Engine
internal import JSON
internal import Sampling
internal import Serving
internal import Tokens

/// Writes log-probabilities of tokens the way OpenAI's endpoints, and vLLM's beside them, have them.
struct LogProbabilityBody: Sendable {
    let likelihoods: TokenLikelihoods

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
        likelihoods.write(tokens.map(TokenLikelihood.init), to: &writer)
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
        likelihoods.write(logProbability, to: &writer)
        writer.append(key: "rank")
        if let rank {
            writer.append(int: rank)
        } else {
            writer.appendNull()
        }
        writer.append(key: "decoded_token", string: likelihoods.name(id))
        writer.endObject()
    }

    /// The `logprobs` object of a completion's choice.
    func writeCompletion(_ tokens: [CompletionToken], to writer: inout JSONWriter) {
        writer.beginObject()
        writer.append(key: "tokens")
        writer.beginArray()
        tokens.forEach { writer.append(string: likelihoods.name($0.id)) }
        writer.endArray()
        writer.append(key: "token_logprobs")
        writer.beginArray()
        tokens.forEach { likelihoods.write($0.logProbability, to: &writer) }
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

    /// The likeliest tokens and the token itself, by text; null for a prompt's first token.
    private func writeAlternatives(of token: CompletionToken, to writer: inout JSONWriter) {
        guard let logProbability = token.logProbability else { return writer.appendNull() }
        let own = TokenLogProbability(id: token.id, logProbability: logProbability)
        var names: Set<String> = []
        writer.beginObject()
        // Different tokens may read the same where their bytes are no whole characters: the likelier one counts.
        for alternative in token.alternatives + [own] where names.insert(likelihoods.name(alternative.id)).inserted {
            writer.append(key: likelihoods.name(alternative.id))
            likelihoods.write(alternative.logProbability, to: &writer)
        }
        writer.endObject()
    }
}

/// What a reply says about how likely its tokens were; nil where nobody asked.
struct ReplyLikelihoods: Sendable {
    var output: LogProbabilityBody?
    var prompt: LogProbabilityBody?

    init(_ options: GenerationOptions, _ delivery: ReplyDelivery, of stream: some ReplyStream) {
        let body = LogProbabilityBody(
            likelihoods: TokenLikelihoods(model: stream.model, namesTokensByID: delivery.namesTokensByID))
        output = options.logProbabilityCount == nil ? nil : body
        prompt = options.promptLogProbabilityCount == nil ? nil : body
    }
}
