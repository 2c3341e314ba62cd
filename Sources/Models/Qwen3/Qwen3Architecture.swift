internal import JSON

/// Which of the family's architectures a config.json names.
struct Qwen3Architecture {
    let isMixture: Bool
    /// Whether its files hold a head, where that is not the embedding.
    let hasHead: Bool

    init(_ reader: SettingsReader) throws(ModelError) {
        let name = reader.value("architectures")?.arrayValue?.first?.stringValue
        let type = try reader.string("model_type")
        let prefix: String
        switch type {
        case "qwen3":
            isMixture = false
            prefix = "Qwen3"
        case "qwen3_moe":
            isMixture = true
            prefix = "Qwen3Moe"
        default: throw Self.unsupported(reader, name ?? type)
        }
        switch name {
        case nil, prefix + "ForCausalLM": hasHead = true
        case prefix + "Model", prefix + "ForSequenceClassification": hasHead = false
        default: throw Self.unsupported(reader, name)
        }
    }

    private static func unsupported(_ reader: SettingsReader, _ found: String?) -> ModelError {
        .unsupportedArchitecture(source: reader.source, found: found ?? "neither model_type nor architectures")
    }
}
