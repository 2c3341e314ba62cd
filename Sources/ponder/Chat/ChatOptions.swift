import ArgumentParser

/// The flags of `ponder chat` and `ponder run`. Those of sampling are kept as text, and read as `/set` reads them.
struct ChatOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Talk to this OpenAI-compatible server instead of loading a model.", valueName: "url"))
    var url: String?

    @Option(help: ArgumentHelp("A key for --url. (default: PONDER_API_KEY or OPENAI_API_KEY)", valueName: "key"))
    var apiKey: String?

    @OptionGroup var trust: TrustOptions

    @Option(help: ArgumentHelp("The system prompt.", valueName: "text"))
    var system: String?

    @Option(help: ArgumentHelp("Go on with a conversation that /save wrote.", valueName: "file"), completion: .file())
    var load: String?

    @Option(
        help: ArgumentHelp(
            "Whether the model thinks first: true, false, or how much: low, medium, high, max. (default: true)",
            valueName: "flag"), completion: .list(["true", "false", "low", "medium", "high", "max"]))
    var think: String?

    @Option(help: ArgumentHelp("The most tokens of reasoning. (default: no limit)", valueName: "tokens"))
    var thinkingBudget: String?

    @Option(
        help: ArgumentHelp("What to do with reasoning: show, fold or hide. (default: fold)", valueName: "mode"),
        completion: .list(["show", "fold", "hide"]))
    var reasoning: String?

    @Flag(
        name: [.customLong("hide-thinking"), .customLong("hidethinking")], help: "The same as --reasoning hide.")
    var hideThinking = false

    @Option(help: ArgumentHelp("0 takes the likeliest token. (default: the model's advice)", valueName: "number"))
    var temperature: String?

    @Option(help: ArgumentHelp("Keep the likeliest tokens up to this probability.", valueName: "number"))
    var topP: String?

    @Option(help: ArgumentHelp("Keep so many of the likeliest tokens.", valueName: "count"))
    var topK: String?

    @Option(help: ArgumentHelp("The same seed gives the same answers. (default: random)", valueName: "number"))
    var seed: String?

    @Option(help: ArgumentHelp("The most tokens of a reply, reasoning included.", valueName: "tokens"))
    var maxTokens: String?

    @Flag(name: [.customLong("stats"), .customLong("verbose")], help: "Tell tokens and times after each reply.")
    var statistics = false

    @Flag(help: "Answer one prompt, as one JSON object.")
    var json = false

    @Flag(help: "Answer one prompt, as a JSON object a line for each piece of the reply.")
    var jsonLines = false

    @Flag(help: "Neither read nor write the history of what was entered.")
    var noHistory = false

    @Option(help: ArgumentHelp("How many threads compute. (default: auto, one for each core)", valueName: "count"))
    var threads: String?

    @Option(help: ArgumentHelp("The longest conversation, in tokens. (default: auto)", valueName: "tokens"))
    var context: String?

    @Option(help: ArgumentHelp("Memory for the KV cache, such as 512MiB. (default: auto)", valueName: "size"))
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
            "Quantise float weights as they are read: q8_0, q6_k, q4_k_m or none. (default: auto)", valueName: "recipe"),
        completion: .list(["auto", "q8_0", "q6_k", "q4_k_m", "none"]))
    var quantize: String?

    @Option(
        help: ArgumentHelp("A small model that guesses ahead. (default: none)", valueName: "model"), completion: .file()
    )
    var draftModel: String?

    @Option(
        help: ArgumentHelp("What is guessed ahead: auto, lookup or off. (default: auto)", valueName: "kind"),
        completion: .list(["auto", "lookup", "off"]))
    var speculation: String?

    @Option(
        help: ArgumentHelp("A Jinja file to use in place of the model's chat template.", valueName: "file"),
        completion: .file())
    var chatTemplateFile: String?

    @Option(
        help: ArgumentHelp("A YAML or JSON file with settings, as for ponder serve.", valueName: "file"),
        completion: .file())
    var config: String?
}

extension ChatOptions {
    /// What the flags say about replies.
    func preferences() throws(SettingsError) -> ChatPreferences {
        var preferences = ChatPreferences()
        let given: [(ChatPreferences.Name, String, String?)] = [
            (.think, "--think", think), (.thinkingBudget, "--thinking-budget", thinkingBudget),
            (.reasoning, "--reasoning", hideThinking ? "hide" : reasoning),
            (.temperature, "--temperature", temperature),
            (.topP, "--top-p", topP), (.topK, "--top-k", topK), (.seed, "--seed", seed),
            (.maximumTokens, "--max-tokens", maxTokens), (.statistics, "--stats", statistics ? "on" : nil),
        ]
        for (name, flag, text) in given {
            guard let text else { continue }
            try preferences.set(name, to: text, place: flag)
        }
        return preferences
    }

    /// What the flags say about a model in this process.
    var engineFlags: [Setting: String] {
        let given: [(Setting, String?)] = [
            (.threads, threads), (.context, context), (.kvCacheMemory, kvCacheMemory), (.kvCacheType, kvCacheType),
            (.activationType, activationType), (.quantize, quantize),
            (.draftModel, draftModel), (.speculation, speculation), (.chatTemplateFile, chatTemplateFile),
        ]
        return Dictionary(given.compactMap { setting, text in text.map { (setting, $0) } }) { first, _ in first }
    }
}
