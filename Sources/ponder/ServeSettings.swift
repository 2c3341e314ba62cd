import APIDoors
import Compute
import Logging
import Serving

/// Everything `ponder serve` can be told, after all sources were read and checked.
///
/// An optional is nil where the value depends on the model or the machine and nobody set it.
struct ServeSettings: Equatable, Sendable {
    /// A GGUF file or a checkpoint folder; nil is the built-in model.
    var model: String?

    /// The address to listen on: IPv4, IPv6 or a host name.
    var host = "127.0.0.1"

    /// The TCP port; 0 lets the system pick a free one.
    var port = 8000

    /// How many threads compute; nil is one for each core.
    var threads: Int?

    /// The longest prompt and reply together, in tokens; nil is the model's own limit.
    var context: Int?

    /// How many rows one engine step may hold: prefill chunks and decoding sequences together.
    var maxBatchTokens: Int?

    /// Bytes for the KV cache; nil derives them from the memory that is free.
    var kvCacheMemory: Int?

    /// How keys and values are stored.
    var kvCacheType = KVCacheFormat.f16

    /// What BF16 weights are multiplied with.
    var activationType = ActivationFormat.f32

    /// Bytes that the process may take; nil goes by the memory that is free.
    var memoryLimit: Int?

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

    /// Whether a model that was not made for it gives embeddings.
    var embeds = false

    /// Whether a model that was not made for it judges documents.
    var reranks = false

    /// The name that clients use for the model; nil is the file's or the folder's.
    var alias: String?

    /// Whether a request may call the model as it likes.
    var answersToAnyName = false

    /// A request must carry one of these; none means that no key is asked for.
    var apiKeys: [String] = []

    /// Whether a request with a field that has no effect is refused instead of answered with a warning.
    var isStrict = false

    /// The member of replies that holds reasoning.
    var reasoningField = ReasoningFieldName.reasoningContent

    /// A Jinja file used in place of the model's own chat template.
    var chatTemplateFile: String?

    /// Whose names `/metrics` has besides our own.
    var peerMetrics: PeerMetrics?

    /// The least severe message that is logged.
    var logLevel = Logger.Level.info

    /// How long running replies may go on after the signal to stop.
    var drain = Duration.seconds(30)
}
