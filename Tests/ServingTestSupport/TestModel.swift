internal import Chat
public import Engine
import Foundation
public import Models
import Sampling
public import Serving
public import TestSupport
public import Tokenization
public import Tokens

/// A served model with a real tokenizer, a real chat template and a real engine, whose replies were written down before.
public struct TestModel: Sendable {
    /// What a test may choose.
    public struct Options: Sendable {
        public var name = "test-model"
        public var aliases: [String] = []
        /// A fixture, or nil for a model that cannot chat.
        public var template: String? = "templates/qwen3.jinja"
        public var contextLength = 512
        /// Empty for one of the model's own context.
        public var windows: [ContextWindow] = []
        public var queueLimit = 256
        public var sequenceLimit = 64
        public var stepTokenBudget = 512
        public var unreadTokenLimit = 1024
        public var speculation = Speculation.off
        public var abilities = ModelAbilities()
        /// How next turns are computed ahead.
        public var prefillAhead: PrefillAhead?
        /// What is kept of earlier reasoning.
        public var reasoningMemory: ReasoningMemory?
        /// What follows a prompt that no reply was prepared for.
        public var improvise: (@Sendable (_ tokens: [TokenID]) -> TokenID)?
        /// Called on the engine thread before each step; may wait.
        public var willCompute: (@Sendable (_ rowCount: Int) -> Void)?
        /// Whether its weights are gone.
        public var isDamaged: @Sendable () -> Bool = { false }

        public init() {}

        /// Nothing but one token, until the context is full; so slowly, and so little ahead of its reader, that whoever ends the
        /// reply comes in time.
        public static func droning(_ token: TokenID, contextLength: Int = 2048) -> Options {
            var options = Options()
            options.improvise = { _ in token }
            options.contextLength = contextLength
            options.unreadTokenLimit = 64
            options.willCompute = { _ in Thread.sleep(forTimeInterval: 0.002) }
            return options
        }
    }

    public let served: ServedModel
    public let tokenizer: Tokenizer
    public let replies: PreparedReplies

    public init(_ options: Options = Options()) throws {
        let tokenizer = try SharedFixtures.tokenizer.get()
        let ends = ["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token)
        let replies = PreparedReplies(end: ends[0], improvise: options.improvise)
        var configuration = EngineConfiguration()
        configuration.cacheSize = .blocks(256)
        configuration.contextLength = options.contextLength
        configuration.queueLimit = options.queueLimit
        configuration.sequenceLimit = options.sequenceLimit
        configuration.stepTokenBudget = options.stepTokenBudget
        configuration.unreadTokenLimit = options.unreadTokenLimit
        configuration.vocabularyLimit = tokenizer.tokenCount
        // Tests count steps, and how many there are must not depend on time.
        configuration.speculation = options.speculation
        configuration.prefillAhead = options.prefillAhead
        let engine = try InferenceEngine(configuration: configuration, tokenBytes: TokenizerBytes(tokenizer)) {
            EngineModels(
                model: ScriptedModel(
                    vocabularySize: 1984, contextLength: 4096, windows: options.windows,
                    willCompute: options.willCompute, isDamaged: options.isDamaged,
                    script: ScriptedModel.choosing { replies.next(after: $0) }))
        }
        let format = try options.template.map(SharedFixtures.chatFormat)
        self.tokenizer = tokenizer
        self.replies = replies
        var defaults = GenerationDefaults(advice: SamplingAdvice(), endTokens: Set(ends))
        // Replies without an end go round in circles on purpose.
        defaults.endsLoops = false
        served = ServedModel(
            name: options.name, aliases: options.aliases, creationTime: 1_795_420_800, fingerprint: "fp_test",
            contextLength: engine.contextLength, engine: engine, tokenizer: tokenizer, chatFormat: format,
            defaults: defaults, abilities: options.abilities, reasoningMemory: options.reasoningMemory)
    }

    /// The tokens of a text; tags written in it become the added tokens that they stand for.
    public func tokens(_ text: String) -> [TokenID] {
        tokenizer.encode(text)
    }

    /// Prepares a reply to a chat request.
    public func prepare(_ reply: String, for request: ChatRequest) throws {
        try prepare(tokens(reply), for: request)
    }

    /// Prepares a reply to a chat request, token by token.
    public func prepare(_ reply: [TokenID], for request: ChatRequest) throws {
        replies.prepare(reply, for: try service.prompt(for: request).ids)
    }

    /// Prepares what follows a raw prompt.
    public func prepare(_ reply: String, forText prompt: String) {
        replies.prepare(tokens(reply), for: tokens(prompt))
    }

    /// A service of this model alone.
    public var service: InferenceService {
        let registry = ModelRegistry()
        registry.add(served)
        return InferenceService(registry: registry)
    }
}
