public import Chat
internal import Engine
public import Models
internal import Tokenization

/// What lists tell of a model, whether it is in memory or not. The same as long as it is this very instance.
public final class ModelDescription: Sendable {
    public let name: String
    /// Further names that requests may use.
    public let aliases: [String]
    /// When the server first had the model, in seconds since 1970.
    public let creationTime: Int
    /// Changes whenever the same request might be answered differently.
    public let fingerprint: String
    /// The most tokens of prompt and reply together.
    public let contextLength: Int
    /// The contexts that requests can run in, ascending; several where YaRN goes by length.
    public let windows: [ContextWindow]
    public let shape: ModelShape
    public let facts: ModelFacts
    public let abilities: ModelAbilities
    /// Whether it has a chat template.
    public var hasChatFormat: Bool { chatTemplate != nil }
    /// The source of its chat template; nil where it has none.
    public let chatTemplate: String?
    /// Whether it thinks before it answers; nil for a model that does not chat.
    public let thinkingMode: ThinkingMode?
    /// What the model can do, in Ollama's words.
    public let capabilities: [String]
    public let defaults: GenerationDefaults

    init(
        name: String, aliases: [String], creationTime: Int, fingerprint: String, contextLength: Int,
        windows: [ContextWindow], shape: ModelShape, facts: ModelFacts, abilities: ModelAbilities,
        chatFormat: ChatFormat?, tokenizer: Tokenizer, defaults: GenerationDefaults
    ) {
        self.name = name
        self.aliases = aliases
        self.creationTime = creationTime
        self.fingerprint = fingerprint
        self.contextLength = contextLength
        self.windows = windows
        self.shape = shape
        self.facts = facts
        self.abilities = abilities
        self.defaults = defaults
        chatTemplate = chatFormat?.source
        thinkingMode = abilities.generates ? chatFormat?.thinkingMode : nil
        capabilities = Self.capabilities(abilities, hasChatFormat: chatFormat != nil, tokenizer)
    }

    private static func capabilities(
        _ abilities: ModelAbilities, hasChatFormat: Bool, _ tokenizer: Tokenizer
    ) -> [String] {
        var capabilities = abilities.embedding == nil ? [] : ["embedding"]
        guard abilities.generates else { return capabilities }
        capabilities.append("completion")
        if hasChatFormat, tokenizer.token("<tool_call>") != nil { capabilities.append("tools") }
        if hasChatFormat, tokenizer.token("<think>") != nil { capabilities.append("thinking") }
        return capabilities
    }
}

extension ServedModel {
    /// What the model can do, in Ollama's words.
    public var capabilities: [String] { description.capabilities }
}

/// A model of a server as it stands at the moment.
public struct ModelListing: Sendable {
    /// In llama-server's words.
    public enum Status: String, Sendable {
        case unloaded
        case loading
        case loaded
    }

    public var name: String
    public var aliases: [String]
    /// When the server first had it, in seconds since 1970.
    public var creationTime: Int
    public var status: Status
    /// Why it could not be opened or loaded the last time, or answers nothing any more; nil where nothing failed.
    public var failure: String?
    /// Nil where its files could not be read, and while it is loaded for the first time.
    public var description: ModelDescription?
    /// The most bytes of memory that it takes while it is loaded; 0 where that is unknown.
    public var byteCount: Int
    /// How long it stays in memory from now on if nobody asks for it; nil without an end.
    public var timeLeft: Duration?
}
