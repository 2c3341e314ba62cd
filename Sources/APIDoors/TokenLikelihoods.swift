package import JSON
package import Sampling
package import Serving
package import Tokens

/// How likely a token was, and what else might have stood in its place.
package struct TokenLikelihood: Sendable {
    package let id: TokenID
    /// Nil where it is not known.
    package let logProbability: Float?
    /// Best first.
    package let alternatives: [TokenLogProbability]

    package init(_ sent: SentToken) {
        id = sent.token.id
        logProbability = sent.token.logProbability
        alternatives = sent.token.alternatives
    }

    package init(_ token: CompletionToken) {
        id = token.id
        logProbability = token.logProbability
        alternatives = token.alternatives
    }
}

/// Writes how likely tokens were: a list of objects as OpenAI's chat completions have it, and others after them.
package struct TokenLikelihoods: Sendable {
    /// What is particular about a dialect's objects.
    package enum Spelling: Sendable {
        case openAI
        /// Tokens have their ids too.
        case llamaServer
        /// What is empty is left out.
        case ollama
    }

    /// JSON has no infinity; nothing that was drawn comes near this.
    private static let floor: Float = -9999

    let model: ServedModel
    let spelling: Spelling
    /// Whether tokens are called `token_id:N` instead of by their text.
    let namesTokensByID: Bool

    package init(model: ServedModel, spelling: Spelling = .openAI, namesTokensByID: Bool = false) {
        self.model = model
        self.spelling = spelling
        self.namesTokensByID = namesTokensByID
    }

    package func write(_ tokens: [TokenLikelihood], to writer: inout JSONWriter) {
        writer.beginArray()
        for token in tokens {
            writer.beginObject()
            write(token.id, token.logProbability, to: &writer)
            if spelling != .ollama || !token.alternatives.isEmpty {
                writer.append(key: "top_logprobs")
                writer.beginArray()
                for alternative in token.alternatives {
                    writer.beginObject()
                    write(alternative.id, alternative.logProbability, to: &writer)
                    writer.endObject()
                }
                writer.endArray()
            }
            writer.endObject()
        }
        writer.endArray()
    }

    private func write(_ id: TokenID, _ logProbability: Float?, to writer: inout JSONWriter) {
        if spelling == .llamaServer {
            writer.append(key: "id", int: id.index)
        }
        writer.append(key: "token", string: name(id))
        writer.append(key: "logprob")
        write(logProbability ?? Self.floor, to: &writer)
        let bytes = model.piece(id).bytes
        guard spelling != .ollama || !bytes.isEmpty else { return }
        writer.append(key: "bytes")
        writer.beginArray()
        bytes.forEach { writer.append(int: Int($0)) }
        writer.endArray()
    }

    /// A number that JSON has, or null.
    package func write(_ logProbability: Float?, to writer: inout JSONWriter) {
        if let logProbability {
            writer.append(float: logProbability > Self.floor ? logProbability : Self.floor)
        } else {
            writer.appendNull()
        }
    }

    /// What the token is called.
    package func name(_ id: TokenID) -> String {
        namesTokensByID ? "token_id:\(id)" : String(decoding: model.piece(id).bytes, as: UTF8.self)
    }
}
