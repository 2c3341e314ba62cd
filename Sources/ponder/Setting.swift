/// A setting's name as the file writes it; the flag is `--name` and the variable `PONDER_NAME`.
enum Setting: String, CaseIterable, Sendable {
    case model
    case host
    case port
    case threads
    case context
    case maxBatchTokens = "max-batch-tokens"
    case kvCacheMemory = "kv-cache-memory"
    case kvCacheType = "kv-cache-type"
    case activationType = "activation-type"
    case memoryLimit = "memory-limit"
    case tileCache = "tile-cache"
    case slotSavePath = "slot-save-path"
    case draftModel = "draft-model"
    case speculation
    case loopGuard = "loop-guard"
    case embeddings
    case reranking
    case alias
    case anyModelName = "any-model-name"
    case apiKey = "api-key"
    case strict
    case reasoningField = "reasoning-field"
    case chatTemplateFile = "chat-template-file"
    case metricsCompat = "metrics-compat"
    case logLevel = "log-level"
    case drainSeconds = "drain-seconds"

    /// The environment variable that holds the setting.
    var environmentName: String {
        "PONDER_" + rawValue.uppercased().replacing("-", with: "_")
    }

    /// What the setting takes, in the words of an error message.
    var expectation: String {
        switch self {
        case .model: "the path of a GGUF file or of a checkpoint folder"
        case .host: "an address such as 127.0.0.1, 0.0.0.0 or ::1"
        case .port: "a whole number from 0 to 65535"
        case .threads: "auto or a whole number from 1 to 1024"
        case .context: "auto or a whole number of tokens from 1"
        case .maxBatchTokens: "auto or a whole number of tokens from 1 to 65536"
        case .kvCacheMemory: "auto or a size such as 512MiB or 2GiB"
        case .kvCacheType: "one of f32, f16, bf16 and q8_0"
        case .activationType: "one of f32 and bf16"
        case .memoryLimit: "auto or a size such as 6GiB"
        case .tileCache, .slotSavePath: "the path of an existing folder"
        case .draftModel: "the path of a GGUF file or of a checkpoint folder"
        case .speculation: "one of auto, lookup and off"
        case .loopGuard: "on or off"
        case .embeddings, .reranking: "true or false"
        case .alias: "a name without spaces"
        case .apiKey: "one or more keys of visible ASCII characters, separated by commas"
        case .strict, .anyModelName: "true or false"
        case .reasoningField: "one of reasoning_content, reasoning and both"
        case .chatTemplateFile: "the path of a Jinja file"
        case .metricsCompat: "one of vllm, llamacpp and sglang"
        case .logLevel: "one of trace, debug, info, notice, warning, error and critical"
        case .drainSeconds: "a number of seconds from 0 to 86400"
        }
    }

    /// The flag's text, nil where it was not given.
    func text(in options: ServeOptions) -> String? {
        switch self {
        case .model: options.model
        case .host: options.host
        case .port: options.port
        case .threads: options.threads
        case .context: options.context
        case .maxBatchTokens: options.maxBatchTokens
        case .kvCacheMemory: options.kvCacheMemory
        case .kvCacheType: options.kvCacheType
        case .activationType: options.activationType
        case .memoryLimit: options.memoryLimit
        case .tileCache: options.tileCache
        case .slotSavePath: options.slotSavePath
        case .draftModel: options.draftModel
        case .speculation: options.speculation
        case .loopGuard: options.loopGuard
        case .embeddings: options.embeddings ? "true" : nil
        case .reranking: options.reranking ? "true" : nil
        case .alias: options.alias
        case .apiKey: options.apiKey.isEmpty ? nil : options.apiKey.joined(separator: ",")
        case .anyModelName: options.anyModelName ? "true" : nil
        case .strict: options.strict ? "true" : nil
        case .reasoningField: options.reasoningField
        case .chatTemplateFile: options.chatTemplateFile
        case .metricsCompat: options.metricsCompat
        case .logLevel: options.logLevel
        case .drainSeconds: options.drainSeconds
        }
    }
}
