import ArgumentParser

/// The flags of `ponder serve`.
///
/// Each is kept as text: `SettingsLoader` parses it as it parses the same setting from the environment or from a file,
/// so that a bad value gets the same message wherever it stands.
struct ServeOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "GGUF files (the first, if split), checkpoint folders or names such as Qwen/Qwen3-0.6B of models that are here; "
                + "also as NAME=PATH. The first is loaded at once, others when a request names them. Without any, the "
                + "built-in model is served.",
            valueName: "model"), completion: .file())
    var models: [String] = []

    @Option(
        help: ArgumentHelp(
            "Serve the models of this folder too, each when a request names it.", valueName: "folder"),
        completion: .directory)
    var modelsDir: String?

    @Flag(
        help:
            "Serve what 'ponder pull' fetched too, and will fetch, each when a request names it; --allow-pull implies it."
    )
    var pulledModels = false

    @Option(
        help: ArgumentHelp(
            "Load the model of this name at the start; give it several times for several. (default: the first model)",
            valueName: "name"))
    var preload: [String] = []

    @Option(
        help: ArgumentHelp(
            "Unload models that nobody asked for so long; never, or auto: never what the start loads, and 300 others. "
                + "(default: auto)",
            valueName: "seconds"))
    var idleUnload: String?

    @Flag(help: "Fetch a model that is named and not here.")
    var pull = false

    @Flag(help: "Let requests fetch models and remove them: POST /api/pull and DELETE /api/delete.")
    var allowPull = false

    @Option(
        help: ArgumentHelp(
            "The address to listen on, or unix:PATH; give it several times for several. (default: 127.0.0.1)",
            valueName: "address"))
    var host: [String] = []

    @Option(help: ArgumentHelp("The port to listen on; 0 picks a free one. (default: 8000)", valueName: "number"))
    var port: String?

    @Option(
        help: ArgumentHelp("Who may connect to a Unix socket, in octal. (default: 600, its owner)", valueName: "mode"))
    var socketPermissions: String?

    @Option(
        help: ArgumentHelp(
            "Speak HTTPS with the certificate of this PEM file, the chain behind it; read again at SIGHUP. Several are chosen by the name that a client asks for.",
            valueName: "file"
        ), completion: .file())
    var tlsCertificate: [String] = []

    @Option(
        help: ArgumentHelp(
            "The certificate's private key in PEM form. (default: it stands in the certificate's file)",
            valueName: "file"
        ), completion: .file())
    var tlsKey: [String] = []

    @Option(
        help: ArgumentHelp(
            "Ask clients for a certificate of one of the authorities in this PEM file.", valueName: "file"),
        completion: .file())
    var tlsClientAuthority: String?

    @OptionGroup var connections: ConnectionOptions

    @Option(help: ArgumentHelp("How many threads compute. (default: auto, one for each core)", valueName: "count"))
    var threads: String?

    @Option(
        help: ArgumentHelp(
            "The longest prompt and reply together, in tokens. (default: auto, the model's own limit)",
            valueName: "tokens"
        )
    )
    var context: String?

    @Option(
        help: ArgumentHelp(
            "How positions are stretched for a longer context: auto (as the model says, else by each request's length), "
                + "by-length, yarn, linear or none. (default: auto)",
            valueName: "method"
        ), completion: .list(["auto", "none", "linear", "yarn", "by-length"]))
    var ropeScaling: String?

    @Option(
        name: [.customLong("rope-scale"), .customLong("yarn-factor")],
        help: ArgumentHelp("The factor of YaRN or of linear scaling; by length, the largest.", valueName: "factor"))
    var ropeScale: String?

    @Option(
        name: [.customLong("yarn-original-context"), .customLong("yarn-orig-ctx")],
        help: ArgumentHelp(
            "The context that the model was trained with, for YaRN. (default: as the model says)", valueName: "tokens"))
    var yarnOriginalContext: String?

    @Option(
        help: ArgumentHelp(
            "How many tokens one step of the engine may hold. (default: auto)",
            valueName: "tokens"
        )
    )
    var maxBatchTokens: String?

    @Option(
        help: ArgumentHelp(
            "Memory for the KV cache, such as 512MiB or 2GiB. (default: auto, by the free memory)",
            valueName: "size"
        )
    )
    var kvCacheMemory: String?

    @Option(
        help: ArgumentHelp(
            "How the KV cache stores numbers: f16, bf16, q8_0 or f32. (default: f16)", valueName: "type"),
        completion: .list(["f16", "bf16", "q8_0", "f32"]))
    var kvCacheType: String?

    @Option(
        help: ArgumentHelp(
            "What BF16 weights are multiplied with: f32, bf16, or what suits the processor. (default: auto)",
            valueName: "type"
        ), completion: .list(["auto", "f32", "bf16"]))
    var activationType: String?

    @Option(
        help: ArgumentHelp(
            "Refuse a model that needs more memory than this. (default: auto, the free memory)",
            valueName: "size"
        )
    )
    var memoryLimit: String?

    @Option(
        help: ArgumentHelp(
            "Quantise float weights as they are read: q8_0, q6_k, q4_k_m; none rounds nothing to less than BF16. "
                + "(default: auto, as the checkpoint has them)",
            valueName: "recipe"
        )
    )
    var quantize: String?

    @Option(
        help: ArgumentHelp(
            "Where quantised weights are kept for the next start: auto, off or a folder. "
                + "(default: auto, ~/.cache/ponder/quantized)",
            valueName: "folder"
        )
    )
    var quantizeCache: String?

    @Option(
        help: ArgumentHelp(
            "Keep the weights in a file of this folder and use them from there, which takes no memory for them.",
            valueName: "folder"
        ), completion: .directory)
    var tileCache: String?

    @Option(
        help: ArgumentHelp(
            "Let requests save the prefix cache to this folder and restore it: POST /slots/0?action=save.",
            valueName: "folder"
        ), completion: .directory)
    var slotSavePath: String?

    @Option(
        help: ArgumentHelp(
            "A small model of the same vocabulary that guesses tokens ahead; replies stay the same, and come sooner.",
            valueName: "model"
        ), completion: .file())
    var draftModel: String?

    @Option(
        help: ArgumentHelp(
            "Which tokens are guessed ahead, where that saves time: auto (by lookup, form and draft model), lookup or off. "
                + "(default: auto)",
            valueName: "kind"
        ), completion: .list(["auto", "lookup", "off"]))
    var speculation: String?

    @Option(
        help: ArgumentHelp(
            "Whether replies that go round in a loop are ended: on or off. (default: on)",
            valueName: "switch"
        ), completion: .list(["on", "off"]))
    var loopGuard: String?

    @Option(
        help: ArgumentHelp(
            "Whether the next turn of a conversation is computed ahead while there is nothing else to do: on or off. "
                + "(default: on)",
            valueName: "switch"
        ), completion: .list(["on", "off"]))
    var prefillAhead: String?

    @Option(
        help: ArgumentHelp(
            "Memory for reasoning of earlier replies, which is put back where a client leaves it out between the steps of a "
                + "tool call: a size, or off. (default: 64MiB)",
            valueName: "size"
        )
    )
    var reasoningMemory: String?

    @Option(
        help: ArgumentHelp(
            "How long such reasoning is kept after its last use. (default: 3600)", valueName: "seconds")
    )
    var reasoningMemorySeconds: String?

    @Flag(
        name: [.customLong("embeddings"), .customLong("embedding")],
        help: "Give embeddings with a model that was not made for it, too: the state behind a text's last token.")
    var embeddings = false

    @Flag(
        name: [.customLong("reranking"), .customLong("rerank")],
        help: "Rank documents with a model that was not made for it, too: by its yes and no.")
    var reranking = false

    @Option(
        help: ArgumentHelp(
            "The first model's name for clients; give it several times for further names that it answers to. "
                + "(default: the file's name)",
            valueName: "name"
        )
    )
    var alias: [String] = []

    @Flag(help: "Answer to every model name, instead of refusing those that no model has.")
    var anyModelName = false

    @Option(
        help: ArgumentHelp(
            "Ask every request for this key; give it several times to accept several. (default: no key)",
            valueName: "key"
        )
    )
    var apiKey: [String] = []

    @Option(
        help: ArgumentHelp(
            "A file with a key, or its SHA-256, on each line, and what it may do; read again at SIGHUP.",
            valueName: "file"
        ), completion: .file())
    var apiKeyFile: String?

    @Option(
        help: ArgumentHelp("How many requests a key may send in a minute. (default: none)", valueName: "count")
    )
    var requestsPerMinute: String?

    @Option(
        help: ArgumentHelp(
            "How many tokens, of prompts and replies, a key may use in a minute. (default: none)", valueName: "count")
    )
    var tokensPerMinute: String?

    @Option(
        help: ArgumentHelp(
            "Let web pages of this origin call the server, or of every one with *; give it several times for several. "
                + "(default: none)",
            valueName: "origin"
        )
    )
    var allowOrigin: [String] = []

    @Flag(help: "Compress streamed replies too for clients that accept gzip, event by event.")
    var compressStreams = false

    @Flag(help: "Refuse requests with fields that have no effect, instead of answering them with warnings.")
    var strict = false

    @Option(
        help: ArgumentHelp(
            "The member of replies that holds reasoning: reasoning_content, reasoning or both. "
                + "(default: reasoning_content)",
            valueName: "name"
        ), completion: .list(["reasoning_content", "reasoning", "both"]))
    var reasoningField: String?

    @Option(
        help: ArgumentHelp(
            "Tokens of thinking that levels of reasoning_effort stand for, such as low=512,max=32768. "
                + "(default: minimal=256,low=1024,medium=4096,high=16384, others unlimited)",
            valueName: "levels"
        )
    )
    var reasoningBudgets: String?

    @Option(
        help: ArgumentHelp(
            "Whether the line x-anthropic-billing-header of a system prompt is left out at /v1/messages: on or off. "
                + "(default: on)",
            valueName: "switch"
        )
    )
    var stripBillingHeader: String?

    @Flag(help: "Leave tools out of the prompt where tool_choice is none; a request may say so too.")
    var excludeToolsWhenToolChoiceNone = false

    @Flag(help: "Let requests bring a chat template of their own.")
    var trustRequestChatTemplate = false

    @Option(
        help: ArgumentHelp("A Jinja file to use in place of the model's chat template.", valueName: "file"),
        completion: .file())
    var chatTemplateFile: String?

    @Option(
        help: ArgumentHelp("A YAML or JSON file with settings, such as config/ponder.yaml.", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp(
            "Have /metrics tell the names of another server too: vllm, llamacpp or sglang. (default: only Ponder's own)",
            valueName: "server"
        ), completion: .list(["vllm", "llamacpp", "sglang"]))
    var metricsCompat: String?

    @Option(
        help: ArgumentHelp("Whether there is a page to chat with at /: on or off. (default: on)", valueName: "switch")
    )
    var webPage: String?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, notice, warning, error or critical. (default: info)",
            valueName: "level"
        ), completion: .list(["trace", "debug", "info", "notice", "warning", "error", "critical"]))
    var logLevel: String?

    @Option(
        help: ArgumentHelp("How logs are written: text or json. (default: text)", valueName: "format"),
        completion: .list(["text", "json"]))
    var logFormat: String?

    @Option(
        help: ArgumentHelp(
            "How long running replies may go on after SIGTERM. (default: 30)",
            valueName: "seconds"
        )
    )
    var drainSeconds: String?
}
