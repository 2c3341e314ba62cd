internal import Checkpoints
internal import JSON
internal import Tokenization
internal import Tokens

/// Finds a checkpoint's chat template and the values that it may read besides the conversation.
enum CheckpointTemplate {
    /// The template's source: chat_template.jinja, then tokenizer_config.json, then GGUF metadata; nil if none has it.
    static func source(of checkpoint: Checkpoint) throws -> String? {
        if let file = try checkpoint.fileBytes(named: "chat_template.jinja") {
            guard let source = String(validating: file, as: UTF8.self) else {
                throw ModelStartupError("\(checkpoint.name)/chat_template.jinja: expected UTF-8 text")
            }
            return source
        }
        if let configured = checkpoint.tokenizerConfiguration?["chat_template"], let source = source(in: configured) {
            return source
        }
        return try checkpoint.metadata?.string("tokenizer.chat_template")
    }

    /// A template as text, or of several named ones the default, else the first.
    private static func source(in value: JSONValue) -> String? {
        if let source = value.stringValue { return source }
        let named = value.arrayValue ?? []
        let chosen = named.first { $0["name"]?.stringValue == "default" } ?? named.first
        return chosen?["template"]?.stringValue
    }

    /// `bos_token`, `eos_token` and the like, which some templates print.
    static func variables(of checkpoint: Checkpoint, tokenizer: Tokenizer) throws -> JSONObject {
        var variables: JSONObject = [:]
        for name in ["bos_token", "eos_token", "pad_token", "unk_token"] {
            let value = checkpoint.tokenizerConfiguration?[name]
            if let text = value?.stringValue ?? value?["content"]?.stringValue {
                variables[name] = .string(text)
            }
        }
        guard let metadata = checkpoint.metadata else { return variables }
        for (name, key) in [("bos_token", "bos_token_id"), ("eos_token", "eos_token_id")] {
            if let id = try metadata.integer("tokenizer.ggml.\(key)"), (0..<tokenizer.tokenCount).contains(id) {
                variables[name] = .string(tokenizer.decode([TokenID(id)]))
            }
        }
        return variables
    }
}
