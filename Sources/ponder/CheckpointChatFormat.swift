import Chat
import Checkpoints
import JSON
import Serving
import Tokenization
import Tokens

extension Checkpoint {
    /// How the model is talked to, by the given Jinja source or else by the checkpoint's own; nil where it has none.
    func makeChatFormat(template: String?, tokenizer: Tokenizer) throws -> ChatFormat? {
        guard let source = try template ?? chatTemplate() else { return nil }
        do {
            return try ChatFormat(template: source, tokenizer: tokenizer, variables: templateVariables(tokenizer))
        } catch {
            throw ModelStartupError("\(name): the chat template cannot be used: \(error)")
        }
    }

    /// GGUF metadata, chat_template.jinja, or tokenizer_config.json: whichever the checkpoint has.
    private func chatTemplate() throws -> String? {
        if let template = try metadata?.string("tokenizer.chat_template") { return template }
        if let file = try fileBytes(named: "chat_template.jinja") { return String(decoding: file, as: UTF8.self) }
        guard let value = tokenizerConfiguration?["chat_template"] else { return nil }
        if let template = value.stringValue { return template }
        let named = value.arrayValue?.first { $0.objectValue?["name"]?.stringValue == "default" }
        return named?.objectValue?["template"]?.stringValue
    }

    /// The special tokens' texts, which some templates write by name.
    private func templateVariables(_ tokenizer: Tokenizer) throws -> JSONObject {
        var variables: JSONObject = [:]
        for key in ["bos_token", "eos_token", "pad_token", "unk_token"] {
            if let text = try metadata?.tokenText(key, tokenizer) ?? tokenizerConfiguration?.tokenText(key) {
                variables[key] = .string(text)
            }
        }
        return variables
    }
}

extension GGUFMetadata {
    /// The decimal that was meant: GGUF keeps 0.95 as the nearest 32-bit number, which is another one in 64 bits.
    fileprivate func decimal(_ key: String) throws(CheckpointError) -> Double? {
        try double(key).flatMap { Double(Float($0).description) }
    }

    fileprivate func tokenText(_ key: String, _ tokenizer: Tokenizer) throws(CheckpointError) -> String? {
        guard let id = try integer("tokenizer.ggml.\(key)_id"), (0..<tokenizer.tokenCount).contains(id) else {
            return nil
        }
        return tokenizer.decode([TokenID(id)])
    }
}

extension JSONObject {
    /// Either a text or, as older files write it, an object with `content`.
    fileprivate func tokenText(_ key: String) -> String? {
        self[key]?.stringValue ?? self[key]?.objectValue?["content"]?.stringValue
    }
}

extension Checkpoint {
    /// What the checkpoint advises on sampling, and its end tokens.
    func generationDefaults(_ tokenizer: Tokenizer) throws(CheckpointError) -> GenerationDefaults {
        var advice = generationConfiguration.map(SamplingAdvice.init(generationConfiguration:)) ?? SamplingAdvice()
        if let metadata {
            advice.temperature = try metadata.decimal("general.sampling.temp") ?? advice.temperature
            advice.topP = try metadata.decimal("general.sampling.top_p") ?? advice.topP
            advice.topK = try metadata.integer("general.sampling.top_k") ?? advice.topK
        }
        return GenerationDefaults(advice: advice, endTokens: try endTokens(tokenizer))
    }
}
