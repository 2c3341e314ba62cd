import ArgumentParser
import Foundation

/// Flags of vLLM's, SGLang's and llama-server's launch lines, so that those of Qwen's documentation work as they stand.
///
/// Reasoning and calls are found without flags here; what a flag would have changed is said in a warning.
struct PeerFlags: ParsableArguments {
    @Option(help: ArgumentHelp("SGLang's name for the model's files.", valueName: "model", visibility: .hidden))
    var modelPath: String?

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("vLLM's and SGLang's name for --alias.", valueName: "name", visibility: .hidden))
    var servedModelName: [String] = []

    @Option(help: ArgumentHelp("vLLM's name for --context.", valueName: "tokens", visibility: .hidden))
    var maxModelLen: String?

    @Option(help: ArgumentHelp("SGLang's name for --context.", valueName: "tokens", visibility: .hidden))
    var contextLength: String?

    @Option(
        name: [.customShort("c"), .customLong("ctx-size")],
        help: ArgumentHelp("llama-server's name for --context.", valueName: "tokens", visibility: .hidden))
    var contextSize: String?

    @Option(
        help: ArgumentHelp(
            "vLLM's settings over config.json's: those of YaRN.", valueName: "json", visibility: .hidden))
    var hfOverrides: String?

    @Option(help: ArgumentHelp("SGLang's name for the same.", valueName: "json", visibility: .hidden))
    var jsonModelOverrideArgs: String?

    @Option(help: ArgumentHelp("vLLM's name for --host unix:PATH.", valueName: "path", visibility: .hidden))
    var uds: String?

    @Option(
        name: [.customLong("ssl-certfile"), .customLong("ssl-cert-file")],
        help: ArgumentHelp("vLLM's and llama-server's names for --tls-certificate.", visibility: .hidden))
    var sslCertfile: String?

    @Option(
        name: [.customLong("ssl-keyfile"), .customLong("ssl-key-file")],
        help: ArgumentHelp("vLLM's and llama-server's names for --tls-key.", visibility: .hidden))
    var sslKeyfile: String?

    @Option(help: ArgumentHelp("vLLM's name for --tls-client-authority.", visibility: .hidden))
    var sslCaCerts: String?

    @Flag(help: ArgumentHelp("Reasoning always stands apart.", visibility: .hidden))
    var enableReasoning = false

    @Option(help: ArgumentHelp("Reasoning is found by the model's tokens.", visibility: .hidden))
    var reasoningParser: String?

    @Flag(help: ArgumentHelp("Tools can always be called.", visibility: .hidden))
    var enableAutoToolChoice = false

    @Option(help: ArgumentHelp("Calls are found by the model's tokens.", visibility: .hidden))
    var toolCallParser: String?

    @Flag(help: ArgumentHelp("No code of a checkpoint is ever run.", visibility: .hidden))
    var trustRemoteCode = false

    @Option(
        name: [.customLong("tensor-parallel-size"), .customLong("tp"), .customLong("tp-size")],
        help: ArgumentHelp("There is one machine.", visibility: .hidden))
    var tensorParallelSize: String?

    @Option(help: ArgumentHelp("The checkpoint says how its weights are stored.", visibility: .hidden))
    var dtype: String?

    @Option(help: ArgumentHelp("The checkpoint says how its weights are stored.", visibility: .hidden))
    var quantization: String?

    @Option(help: ArgumentHelp("There is no such memory.", visibility: .hidden))
    var gpuMemoryUtilization: String?

    @Option(help: ArgumentHelp("There is no such memory.", visibility: .hidden))
    var memFractionStatic: String?

    @Flag(
        name: [.customLong("no-web-page"), .customLong("no-webui"), .customLong("no-ui")],
        help: ArgumentHelp("--web-page off, as llama-server says it.", visibility: .hidden))
    var noWebPage = false

    @Flag(help: ArgumentHelp("SGLang's name for --embeddings.", visibility: .hidden))
    var isEmbedding = false

    @Option(help: ArgumentHelp("vLLM's words for --embeddings and --reranking.", visibility: .hidden))
    var task: String?

    @Option(help: ArgumentHelp("vLLM's newer words for them.", visibility: .hidden))
    var convert: String?

    @Option(help: ArgumentHelp("What a checkpoint was made for is found by its files.", visibility: .hidden))
    var runner: String?

    @Option(help: ArgumentHelp("llama-server's words for them.", visibility: .hidden))
    var pooling: String?

    /// The names that Ponder has for what was given, filled in; and a line for each flag that means nothing here.
    func apply(to options: inout ServeOptions) throws -> [String] {
        var model = options.models.first
        try fill(&model, modelPath, name: "the model", flag: "--model-path")
        if options.models.isEmpty { options.models = model.map { [$0] } ?? [] }
        try fillAliases(&options)
        try fill(&options.context, maxModelLen, name: "--context", flag: "--max-model-len")
        try fill(&options.context, contextLength, name: "--context", flag: "--context-length")
        if contextSize != "0" {
            try fill(&options.context, contextSize, name: "--context", flag: "--ctx-size")
        }
        try fillScaling(&options)
        try fill(&options.host, uds.map { "unix:\($0)" }, name: "--host", flag: "--uds")
        try fill(&options.tlsCertificate, sslCertfile, name: "--tls-certificate", flag: "--ssl-certfile")
        try fill(&options.tlsKey, sslKeyfile, name: "--tls-key", flag: "--ssl-keyfile")
        try fill(&options.tlsClientAuthority, sslCaCerts, name: "--tls-client-authority", flag: "--ssl-ca-certs")
        try fill(&options.webPage, noWebPage ? "off" : nil, name: "--web-page", flag: "--no-web-page")
        if isEmbedding || ["embed", "embedding"].contains(task) || convert == "embed" || pooling == "last" {
            options.embeddings = true
        }
        if task == "score" || convert == "classify" || pooling == "rank" {
            options.reranking = true
        }
        if let pooling, !["last", "rank"].contains(pooling) {
            throw ValidationError("--pooling \(pooling) is not supported: last and rank are.")
        }
        return warnings
    }

    /// The flag takes all names behind it, and a model that was meant to stand there.
    private func fillAliases(_ options: inout ServeOptions) throws {
        guard servedModelName.count < 2 || !options.models.isEmpty || options.modelsDir != nil else {
            throw ValidationError(
                "--served-model-name takes all names behind it: put the model before it, or use --alias.")
        }
        guard !servedModelName.isEmpty else { return }
        guard options.alias.isEmpty || options.alias == servedModelName else {
            throw ValidationError("--served-model-name and --alias are given both.")
        }
        options.alias = servedModelName
    }

    /// What vLLM and SGLang take as JSON, in their own flags or as the value of `--rope-scaling`.
    private func fillScaling(_ options: inout ServeOptions) throws {
        var overrides: [(flag: String, override: RopeOverride)] = []
        if let text = options.ropeScaling, text.hasPrefix("{") {
            options.ropeScaling = nil
            overrides.append(("--rope-scaling", try RopeOverride(scaling: text, flag: "--rope-scaling")))
        }
        for (flag, text) in [("--hf-overrides", hfOverrides), ("--json-model-override-args", jsonModelOverrideArgs)] {
            guard let text else { continue }
            overrides.append((flag, try RopeOverride(configuration: text, flag: flag)))
        }
        for (flag, override) in overrides {
            try fill(&options.ropeScaling, override.method, name: "--rope-scaling", flag: flag)
            try fill(&options.ropeScale, override.factor, name: "--rope-scale", flag: flag)
            try fill(
                &options.yarnOriginalContext, override.originalContext, name: "--yarn-original-context", flag: flag)
        }
    }

    private var warnings: [String] {
        let found = "needs no flag: it is found by the model's own tokens"
        let meaningless: [(isGiven: Bool, flag: String, reason: String)] = [
            (enableReasoning, "--enable-reasoning", "reasoning \(found)"),
            (reasoningParser != nil, "--reasoning-parser", "reasoning \(found)"),
            (enableAutoToolChoice, "--enable-auto-tool-choice", "a call of a tool \(found)"),
            (toolCallParser != nil, "--tool-call-parser", "a call of a tool \(found)"),
            (trustRemoteCode, "--trust-remote-code", "no code of a checkpoint is ever run"),
            (tensorParallelSize != nil, "--tensor-parallel-size", "one machine computes, with --threads"),
            (runner != nil, "--runner", "what a checkpoint was made for is found by its files"),
            (dtype != nil, "--dtype", "the checkpoint says how its weights are stored"),
            (
                quantization != nil, "--quantization",
                "the checkpoint says how its weights are stored, and --quantize what becomes of them"
            ),
            (gpuMemoryUtilization != nil, "--gpu-memory-utilization", "see --kv-cache-memory and --memory-limit"),
            (memFractionStatic != nil, "--mem-fraction-static", "see --kv-cache-memory and --memory-limit"),
        ]
        return meaningless.filter(\.isGiven).map { "\($0.flag) has no effect: \($0.reason)." }
    }

    private func fill(_ option: inout String?, _ value: String?, name: String, flag: String) throws {
        guard let value else { return }
        if let given = option, given != value {
            throw ValidationError("\(flag) is \(value), but \(name) is \(given) already.")
        }
        option = value
    }

    private func fill(_ option: inout [String], _ value: String?, name: String, flag: String) throws {
        var one = option.isEmpty ? nil : option.joined(separator: ",")
        try fill(&one, value, name: name, flag: flag)
        if let value { option = [value] }
    }
}
