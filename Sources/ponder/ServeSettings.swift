import APIDoors
import Compute
import HTTP
import Logging
import Models
import Serving
import TLS

/// Everything `ponder serve` can be told, after all sources were read and checked.
///
/// An optional is nil where the value depends on the model or the machine and nobody set it.
struct ServeSettings: Equatable, Sendable {
    /// GGUF files, checkpoint folders or names of models; none is the built-in model, unless there is a folder of models.
    var models: [NamedModel] = []

    /// A folder of models.
    var modelsFolder: String?

    /// Whether the models of the store are served, those too that are fetched later.
    var servesPulled = false

    /// The names of the models that the start loads; none is the first that it was told.
    var preload: [String] = []

    /// How long models stay in memory after their last request.
    var idleUnload = IdleUnload.automatic

    /// Whether models that are named and not here are fetched.
    var pulls = false

    /// Whether requests may fetch models and remove them.
    var allowsPulls = false

    /// Where to listen, at least one.
    var hosts = [ListenTarget.host("127.0.0.1", port: nil)]

    /// The TCP port of hosts that have none of their own; 0 lets the system pick a free one.
    var port = 8000

    /// The permissions of a Unix socket's file.
    var socketPermissions: UInt32 = 0o600

    /// The server's certificates with their keys; none speaks HTTP without TLS.
    var tlsIdentities: [TLSIdentity] = []

    /// The PEM file of authorities, one of which must have signed a client's certificate; nil asks for none.
    var tlsClientAuthority: String?

    /// The proxies that are believed when they say for whom they ask.
    var trustedProxies = TrustedProxies()

    /// How many connections are served at once.
    var connectionLimit = 8_192

    /// What a connection may ask for.
    var httpLimits = HTTPLimits()

    /// How many threads compute; nil is one for each core.
    var threads: Int?

    /// The longest prompt and reply together, in tokens; nil is the model's own limit.
    var context: Int?

    /// How positions are stretched for a context beyond the model's own.
    var ropeScaling = RopeScaling()

    /// How many rows one engine step may hold: prefill chunks and decoding sequences together.
    var maxBatchTokens: Int?

    /// Bytes for the KV cache; nil derives them from the memory that is free.
    var kvCacheMemory: Int?

    /// How keys and values are stored.
    var kvCacheType = KVCacheFormat.f16

    /// What BF16 weights are multiplied with; nil is what suits the processor.
    var activationType: ActivationFormat?

    /// Bytes that the process may take; nil goes by the memory that is free.
    var memoryLimit: Int?

    /// What becomes of the weights when they are read.
    var quantization = Quantization.automatic

    /// Where weights that were quantised are kept.
    var quantizedPlace = QuantizedPlace.automatic

    /// A folder for repacked weights, which are used from there instead of from memory.
    var tileCache: String?

    /// A folder for snapshots of the prefix cache, which requests save and restore.
    var slotSavePath: String?

    /// A small checkpoint that guesses the model's tokens ahead.
    var draftModel: String?

    /// Which tokens are guessed and computed ahead.
    var speculation = SpeculationMode.automatic

    /// Whether replies that go round in a loop are ended.
    var endsLoops = true

    /// Whether next turns of conversations are computed while there is nothing else to do.
    var prefillsAhead = true

    /// Bytes of earlier reasoning that are kept for clients that do not send it back; 0 keeps none.
    var reasoningMemory = 64 << 20

    /// How long that is kept after its last use.
    var reasoningLifetime = Duration.seconds(3600)

    /// Whether a model that was not made for it gives embeddings.
    var embeds = false

    /// Whether a model that was not made for it judges documents.
    var reranks = false

    /// The name that clients use for the first model; nil is the file's or the folder's.
    var alias: String?

    /// Further names that the first model answers to.
    var furtherAliases: [String] = []

    /// Whether a request may call the model as it likes.
    var answersToAnyName = false

    /// A request must carry one of these; none means that no key is asked for.
    var apiKeys: [String] = []

    /// A file with further keys.
    var apiKeyFile: String?

    /// What each key may ask for in a minute, unless its line in the file says otherwise.
    var rateLimits = RateLimits()

    /// How many wrong keys an address may bring in a minute; nil sets no limit.
    var wrongKeysPerMinute: Int? = 60

    /// The web pages that may call the server; nil is none.
    var allowedOrigins: CORS.Origins?

    /// Whether streamed replies are compressed for clients that accept it.
    var compressesStreams = false

    /// Whether a request with a field that has no effect is refused instead of answered with a warning.
    var isStrict = false

    /// The member of replies that holds reasoning.
    var reasoningField = ReasoningFieldName.reasoningContent

    /// How many tokens of thinking each level of `reasoning_effort` stands for.
    var reasoningBudgets = ThinkingBudgets()

    /// Whether tools that a request forbids to call are left out of its prompt.
    var excludesForbiddenTools = false

    /// Whether the line of a system prompt by which Anthropic counts requests is left out.
    var stripsBillingHeader = true

    /// Whether a request may bring a chat template of its own.
    var trustsRequestTemplates = false

    /// A Jinja file used in place of the model's own chat template.
    var chatTemplateFile: String?

    /// Whose names `/metrics` has besides our own.
    var peerMetrics: PeerMetrics?

    /// Whether there is a page to chat with at `/`.
    var hasWebPage = true

    /// The least severe message that is logged.
    var logLevel = Logger.Level.info

    /// How logs are written.
    var logFormat = LogFormat.text

    /// How long running replies may go on after the signal to stop.
    var drain = Duration.seconds(30)
}

extension ServeSettings {
    /// Whether models may come and go while the server runs.
    var looksForModels: Bool { modelsFolder != nil || servesPulled || allowsPulls }

    /// Whether there is no model but those that are found.
    var hasNoneOfItsOwn: Bool { models.isEmpty && (modelsFolder != nil || servesPulled) }

    /// The first model, or the only one; nil is the built-in one.
    var model: String? {
        get { models.first?.path }
        set { models = newValue.map { [NamedModel(path: $0)] } ?? [] }
    }
}
