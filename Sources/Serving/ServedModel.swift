public import Chat
internal import ConstrainedDecoding
public import Engine
public import Models
public import Sampling
public import Tokenization
internal import Tokens

/// A model that is ready to answer: engine, tokenizer, chat format and defaults under one name.
public final class ServedModel: Sendable {
    public let name: String
    /// Further names that requests may use.
    public let aliases: [String]
    /// When the model was loaded, in seconds since 1970.
    public let creationTime: Int
    /// Changes whenever the same request might be answered differently: other weights, other numerics.
    public let fingerprint: String
    /// The most tokens of prompt and reply together.
    public let contextLength: Int
    public let engine: InferenceEngine
    public let tokenizer: Tokenizer
    /// Nil for a model without a chat template: it completes text, but cannot chat.
    public let chatFormat: ChatFormat?
    public let defaults: GenerationDefaults
    public let abilities: ModelAbilities
    public let facts: ModelFacts
    /// What lists tell of it.
    public let description: ModelDescription
    /// Whether it thinks before it answers; nil for a model that does not chat.
    public let thinkingMode: ThinkingMode?
    /// The ids of think and tool tags and of the ends of a turn.
    public let outputTokens: OutputGrammarTokens
    /// Qwen3's official words for thinking that is brought to an end, with the closing tag.
    let stopPhrases: StopPhrases
    /// What it thought before its replies; nil where nothing of that is kept.
    let reasoningMemory: ReasoningMemory?
    /// What happens to its replies above the engine.
    public let incidents = EventCounters<ReplyIncident>()
    /// Compiles what answers are held to.
    let constraints: ConstraintCompiler

    public init(
        name: String, aliases: [String] = [], creationTime: Int, fingerprint: String, contextLength: Int,
        engine: InferenceEngine, tokenizer: Tokenizer, chatFormat: ChatFormat?, defaults: GenerationDefaults,
        abilities: ModelAbilities = ModelAbilities(),
        facts: ModelFacts = ModelFacts(parameterCount: 0, quantization: ""), reasoningMemory: ReasoningMemory? = nil
    ) {
        self.name = name
        self.aliases = aliases
        self.creationTime = creationTime
        self.fingerprint = fingerprint
        self.contextLength = contextLength
        self.engine = engine
        self.tokenizer = tokenizer
        self.chatFormat = chatFormat
        self.defaults = defaults
        self.abilities = abilities
        self.facts = facts
        self.reasoningMemory = reasoningMemory
        description = ModelDescription(
            name: name, aliases: aliases, creationTime: creationTime, fingerprint: fingerprint,
            contextLength: contextLength, windows: engine.windows, shape: engine.shape, facts: facts,
            abilities: abilities, chatFormat: chatFormat, tokenizer: tokenizer, defaults: defaults)
        self.thinkingMode = description.thinkingMode
        self.stopPhrases = StopPhrases(message: ThinkingLimit.officialMessage, tokenizer: tokenizer)
        self.constraints = ConstraintCompiler(tokenizer: tokenizer, ends: defaults.endTokens)
        self.outputTokens = OutputGrammarTokens(
            thinkOpen: tokenizer.token("<think>"),
            thinkClose: tokenizer.token("</think>"),
            toolCallOpen: tokenizer.token("<tool_call>"),
            toolCallClose: tokenizer.token("</tool_call>"),
            ends: defaults.endTokens)
    }
}

extension ServedModel {
    /// The contexts that requests can run in, ascending; several where YaRN goes by length.
    public var windows: [ContextWindow] { engine.windows }

    /// Whether YaRN goes by length.
    var hasSeveralWindows: Bool { engine.windows.count > 1 }

    /// The grammar that a request's output is held to, if it asks for one; with line feeds before it, as they stand behind
    /// reasoning, if there may be some.
    func grammar(
        _ options: GenerationOptions, mayThink: Bool = false
    ) throws(ServingError) -> CompiledGrammar? {
        guard let definition = options.constraint else { return nil }
        guard !options.ignoresEnd else {
            throw .invalidValue(
                field: .constraint, message: "'ignore_eos' cannot be combined with an output that ends by its grammar.")
        }
        do {
            return try constraints.compile(definition, allowsLineFeedsBefore: mayThink)
        } catch {
            let message = "The output cannot be held to this: \(error.message)"
            throw .unsupportedValue(field: .constraint, message: message)
        }
    }

    /// Refuses to chat or to complete where the model was made for something else.
    func refuseUnlessItGenerates() throws(ServingError) {
        guard !abilities.generates else { return }
        let purpose = abilities.reranking == nil ? "embeddings" : "reranking"
        throw .unsupportedValue(
            field: .model, message: "The model '\(name)' was made for \(purpose): it writes no text.")
    }
}
