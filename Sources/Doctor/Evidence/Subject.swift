internal import JSON

/// What is known of the server under examination before the first check.
public struct Subject: Sendable {
    /// The model that requests name.
    public var model: String
    /// Whether requests bring a key.
    public var hasKey: Bool
    /// Tokens that prompt and reply may have together, where the server tells it.
    public var contextLength: Int?

    public init(model: String, hasKey: Bool = false, contextLength: Int? = nil) {
        self.model = model
        self.hasKey = hasKey
        self.contextLength = contextLength
    }

    /// From the answers to `GET /v1/models` and, of servers in llama-server's manner, `GET /props`.
    ///
    /// - Returns: nil where no model is named, neither by the list nor by the caller.
    init?(models: JSONValue?, properties: JSONValue?, preferred: String?, hasKey: Bool) {
        let entries = models?["data"]?.arrayValue ?? []
        let entry = entries.first { $0["id"]?.stringValue == preferred } ?? entries.first
        guard let name = preferred ?? entry?["id"]?.stringValue else { return nil }
        let lengths = [
            properties?["default_generation_settings"]?["n_ctx"], entry?["max_model_len"], entry?["context_window"],
            entry?["context_length"], entry?["meta"]?["n_ctx"],
        ]
        self.init(
            model: name, hasKey: hasKey, contextLength: lengths.lazy.compactMap { $0?.intValue }.first { $0 > 0 })
    }
}
