/// A setting's name as the file writes it; the flag is `--name` and the variable `PONDER_NAME`.
enum Setting: String, CaseIterable, Sendable {
    case model
    case modelsDir = "models-dir"
    case pulledModels = "pulled-models"
    case preload
    case idleUnload = "idle-unload"
    case pull
    case allowPull = "allow-pull"
    case host
    case port
    case socketPermissions = "socket-permissions"
    case tlsCertificate = "tls-certificate"
    case tlsKey = "tls-key"
    case tlsClientAuthority = "tls-client-authority"
    case trustedProxy = "trusted-proxy"
    case maxConnections = "max-connections"
    case maxBodySize = "max-body-size"
    case maxHeadSize = "max-head-size"
    case maxLineSize = "max-line-size"
    case maxFields = "max-fields"
    case headSeconds = "head-seconds"
    case bodySeconds = "body-seconds"
    case idleSeconds = "idle-seconds"
    case sendSeconds = "send-seconds"
    case threads
    case context
    case ropeScaling = "rope-scaling"
    case ropeScale = "rope-scale"
    case yarnOriginalContext = "yarn-original-context"
    case maxBatchTokens = "max-batch-tokens"
    case kvCacheMemory = "kv-cache-memory"
    case kvCacheType = "kv-cache-type"
    case activationType = "activation-type"
    case memoryLimit = "memory-limit"
    case quantize
    case quantizeCache = "quantize-cache"
    case tileCache = "tile-cache"
    case slotSavePath = "slot-save-path"
    case draftModel = "draft-model"
    case speculation
    case loopGuard = "loop-guard"
    case prefillAhead = "prefill-ahead"
    case reasoningMemory = "reasoning-memory"
    case reasoningMemorySeconds = "reasoning-memory-seconds"
    case embeddings
    case reranking
    case alias
    case compressStreams = "compress-streams"
    case anyModelName = "any-model-name"
    case apiKey = "api-key"
    case apiKeyFile = "api-key-file"
    case requestsPerMinute = "requests-per-minute"
    case tokensPerMinute = "tokens-per-minute"
    case wrongKeysPerMinute = "wrong-keys-per-minute"
    case allowOrigin = "allow-origin"
    case strict
    case reasoningField = "reasoning-field"
    case reasoningBudgets = "reasoning-budgets"
    case stripBillingHeader = "strip-billing-header"
    case excludeToolsWhenToolChoiceNone = "exclude-tools-when-tool-choice-none"
    case trustRequestChatTemplate = "trust-request-chat-template"
    case chatTemplateFile = "chat-template-file"
    case metricsCompat = "metrics-compat"
    case webPage = "web-page"
    case logLevel = "log-level"
    case logFormat = "log-format"
    case drainSeconds = "drain-seconds"

    /// The environment variable that holds the setting.
    var environmentName: String {
        "PONDER_" + rawValue.uppercased().replacing("-", with: "_")
    }

    /// What the setting takes, in the words of an error message.
    var expectation: String {
        switch self {
        case .model: "the path of a GGUF file or a checkpoint folder, a model's name, NAME=PATH, or several with commas"
        case .modelsDir: "the path of an existing folder"
        case .preload: "one or more names of models, separated by commas"
        case .idleUnload: "auto, never or a number of seconds"
        case .pull, .allowPull, .pulledModels: "true or false"
        case .host: "an address such as 127.0.0.1, 0.0.0.0, ::1 or unix:/run/ponder.sock, or several with commas"
        case .port: "a whole number from 0 to 65535"
        case .socketPermissions: "three octal digits such as 660"
        case .tlsCertificate:
            "the path of a PEM file with the certificate and those that lead to its root, or several with commas"
        case .tlsKey:
            "the path of a PEM file with the certificate's private key, or as many as certificates with commas"
        case .tlsClientAuthority: "the path of a PEM file with certificates of authorities"
        case .trustedProxy: "addresses, networks such as 10.0.0.0/8, or unix, separated by commas"
        case .maxConnections: "a whole number from 1 to 1000000"
        case .maxBodySize, .maxHeadSize, .maxLineSize: "a size from 1KiB to 1GiB"
        case .maxFields: "a whole number from 1 to 10000"
        case .headSeconds, .bodySeconds, .idleSeconds, .sendSeconds: "a number of seconds from 0.1 to 86400"
        case .threads: "auto or a whole number from 1 to 1024"
        case .context: "auto or a whole number of tokens from 1"
        case .ropeScaling: "one of auto, none, linear, yarn and by-length"
        case .ropeScale: "a number above 1, and at most 1024"
        case .yarnOriginalContext: "a whole number of tokens from 1"
        case .maxBatchTokens: "auto or a whole number of tokens from 1 to 65536"
        case .kvCacheMemory: "auto or a size such as 512MiB or 2GiB"
        case .kvCacheType: "one of f32, f16, bf16 and q8_0"
        case .activationType: "one of auto, f32 and bf16"
        case .memoryLimit: "auto or a size such as 6GiB"
        case .quantize: "one of auto, none, q8_0, q6_k and q4_k_m"
        case .quantizeCache: "auto, off or the path of a folder"
        case .tileCache, .slotSavePath: "the path of an existing folder"
        case .draftModel: "the path of a GGUF file or of a checkpoint folder, or a model's name"
        case .speculation: "one of auto, lookup and off"
        case .loopGuard, .prefillAhead, .stripBillingHeader: "on or off"
        case .reasoningMemory: "off or a size such as 64MiB"
        case .reasoningMemorySeconds: "a number of seconds from 0 to 86400"
        case .embeddings, .reranking: "true or false"
        case .alias: "one or more names without spaces, separated by commas"
        case .apiKey: "one or more keys of visible ASCII characters, separated by commas"
        case .apiKeyFile: "the path of a file with a key on each line"
        case .requestsPerMinute, .tokensPerMinute, .wrongKeysPerMinute: "none or a whole number from 1 to 1000000000"
        case .allowOrigin: "* or one or more origins such as https://chat.example, separated by commas"
        case .strict, .anyModelName, .compressStreams: "true or false"
        case .reasoningField: "one of reasoning_content, reasoning and both"
        case .reasoningBudgets: "levels and tokens such as low=1024,high=16384,max=unlimited"
        case .excludeToolsWhenToolChoiceNone, .trustRequestChatTemplate: "true or false"
        case .chatTemplateFile: "the path of a Jinja file"
        case .metricsCompat: "one of vllm, llamacpp and sglang"
        case .webPage: "on or off"
        case .logFormat: "text or json"
        case .logLevel: "one of trace, debug, info, notice, warning, error and critical"
        case .drainSeconds: "a number of seconds from 0 to 86400"
        }
    }

    /// The flag's text, nil where it was not given.
    func text(in options: ServeOptions) -> String? {
        switch self {
        case .model: options.models.isEmpty ? nil : options.models.joined(separator: ",")
        case .modelsDir: options.modelsDir
        case .pulledModels: options.pulledModels ? "true" : nil
        case .preload: options.preload.isEmpty ? nil : options.preload.joined(separator: ",")
        case .idleUnload: options.idleUnload
        case .pull: options.pull ? "true" : nil
        case .allowPull: options.allowPull ? "true" : nil
        case .host: options.host.isEmpty ? nil : options.host.joined(separator: ",")
        case .socketPermissions: options.socketPermissions
        case .port: options.port
        case .tlsCertificate: options.tlsCertificate.isEmpty ? nil : options.tlsCertificate.joined(separator: ",")
        case .tlsKey: options.tlsKey.isEmpty ? nil : options.tlsKey.joined(separator: ",")
        case .tlsClientAuthority: options.tlsClientAuthority
        case .trustedProxy:
            options.connections.trustedProxy.isEmpty ? nil : options.connections.trustedProxy.joined(separator: ",")
        case .maxConnections: options.connections.maxConnections
        case .maxBodySize: options.connections.maxBodySize
        case .maxHeadSize: options.connections.maxHeadSize
        case .maxLineSize: options.connections.maxLineSize
        case .maxFields: options.connections.maxFields
        case .headSeconds: options.connections.headSeconds
        case .bodySeconds: options.connections.bodySeconds
        case .idleSeconds: options.connections.idleSeconds
        case .sendSeconds: options.connections.sendSeconds
        case .threads: options.threads
        case .context: options.context
        case .ropeScaling: options.ropeScaling
        case .ropeScale: options.ropeScale
        case .yarnOriginalContext: options.yarnOriginalContext
        case .maxBatchTokens: options.maxBatchTokens
        case .kvCacheMemory: options.kvCacheMemory
        case .kvCacheType: options.kvCacheType
        case .activationType: options.activationType
        case .memoryLimit: options.memoryLimit
        case .quantize: options.quantize
        case .quantizeCache: options.quantizeCache
        case .tileCache: options.tileCache
        case .slotSavePath: options.slotSavePath
        case .draftModel: options.draftModel
        case .speculation: options.speculation
        case .loopGuard: options.loopGuard
        case .stripBillingHeader: options.stripBillingHeader
        case .prefillAhead: options.prefillAhead
        case .reasoningMemory: options.reasoningMemory
        case .reasoningMemorySeconds: options.reasoningMemorySeconds
        case .embeddings: options.embeddings ? "true" : nil
        case .reranking: options.reranking ? "true" : nil
        case .alias: options.alias.isEmpty ? nil : options.alias.joined(separator: ",")
        case .apiKey: options.apiKey.isEmpty ? nil : options.apiKey.joined(separator: ",")
        case .apiKeyFile: options.apiKeyFile
        case .requestsPerMinute: options.requestsPerMinute
        case .tokensPerMinute: options.tokensPerMinute
        case .wrongKeysPerMinute: options.connections.wrongKeysPerMinute
        case .allowOrigin: options.allowOrigin.isEmpty ? nil : options.allowOrigin.joined(separator: ",")
        case .compressStreams: options.compressStreams ? "true" : nil
        case .anyModelName: options.anyModelName ? "true" : nil
        case .strict: options.strict ? "true" : nil
        case .reasoningField: options.reasoningField
        case .reasoningBudgets: options.reasoningBudgets
        case .excludeToolsWhenToolChoiceNone: options.excludeToolsWhenToolChoiceNone ? "true" : nil
        case .trustRequestChatTemplate: options.trustRequestChatTemplate ? "true" : nil
        case .chatTemplateFile: options.chatTemplateFile
        case .metricsCompat: options.metricsCompat
        case .webPage: options.webPage
        case .logLevel: options.logLevel
        case .logFormat: options.logFormat
        case .drainSeconds: options.drainSeconds
        }
    }
}
