public import Chat
internal import Engine
internal import Sampling
internal import Tokens

/// The door of everything below: from a request in no dialect to a stream of events.
///
/// All methods may be called from any thread. They do the work that comes before the engine (validation, template,
/// tokens) on the caller's, so never call them on an event loop.
public final class InferenceService: Sendable {
    public let registry: ModelRegistry

    public init(registry: ModelRegistry) {
        self.registry = registry
    }

    /// Begins to answer a conversation. The errors of a request come from here; from the stream, only the server's own.
    ///
    /// The model must be in memory, where it stays for as long as the stream is held. What was waited for it counts as time of
    /// the request.
    public func chat(_ request: ChatRequest, after waited: Duration = .zero) throws(ServingError) -> ChatStream {
        try refuseWhileDraining()
        let lease = try registry.lease(named: request.model)
        let model = lease.model
        var request = request
        request.options.takeOff(waited)
        try model.refuseUnlessItGenerates()
        let validated = try ValidatedChatRequest(request, model: model)
        let prompt = try validated.prompt()
        var warnings = validated.warnings(about: prompt)
        let room = try model.room(for: validated.options, promptTokenCount: prompt.ids.count, warnings: &warnings)
        let thinking = validated.thinkingLimit(maximumTokens: room.maximumTokens, start: prompt.startPhase)
        let generations = try validated.options.generations(promptTokenCount: prompt.ids.count) {
            (sampling, group) throws(ServingError) in
            try model.generate(
                validated.generation(
                    prompt: prompt, room: room, thinking: thinking, group: group, sampling: sampling))
        }
        let abortion = ReplyAbortion()
        model.incidents.add(.restoredReasoning, count: validated.recollection?.restoredCount ?? 0)
        let readers = generations.indices.map { choice in
            ChatChoiceReader(
                choice: choice,
                parser: validated.format.makeParser(
                    for: prompt, stops: validated.options.stops, spellings: validated.constraint.spellings,
                    callsAreHeld: validated.constraint.readsCalls,
                    keepsLastLineFeeds: request.options.constraint != nil),
                tokenizer: model.tokenizer, reportsTokens: validated.options.sampling.logProbabilityCount != nil,
                reportsReasoningTokens: request.options.reportsReasoningTokens, toolCallLimit: validated.toolCallLimit,
                thinking: thinking, stopStrings: validated.options.stops.strings, delivery: request.reasoningDelivery,
                abortion: abortion, incidents: model.incidents,
                hasEnded: validated.aftermath)
        }
        return ChatStream(
            lease: lease, warnings: warnings, choiceCount: generations.count,
            settings: validated.effective(room: room, thinking: thinking),
            promptTokenCount: prompt.ids.count, generations: generations, readers: readers, abortion: abortion)
    }

    /// Begins to continue raw prompts, as `chat` begins to answer.
    public func complete(
        _ request: CompletionRequest, after waited: Duration = .zero
    ) throws(ServingError) -> CompletionStream {
        try refuseWhileDraining()
        let lease = try registry.lease(named: request.model)
        let model = lease.model
        var request = request
        request.options.takeOff(waited)
        try model.refuseUnlessItGenerates()
        let validated = try ValidatedCompletionRequest(request, model: model)
        var warnings: [ServingWarning] = []
        var generations: [Generation] = []
        var readers: [CompletionChoiceReader] = []
        var rooms: [ReplyRoom] = []
        let abortion = ReplyAbortion()
        for prompt in validated.prompts {
            let room = try model.room(
                for: validated.options, promptTokenCount: prompt.tokens.count, warnings: &warnings)
            rooms.append(room)
            let yarnFactor = model.hasSeveralWindows ? room.factor : nil
            generations += try validated.options.generations(promptTokenCount: prompt.tokens.count) {
                (sampling, group) throws(ServingError) in
                readers.append(
                    validated.reader(
                        choice: readers.count, prompt: prompt, tokenizer: model.tokenizer, yarnFactor: yarnFactor,
                        abortion: abortion))
                return try model.generate(
                    validated.generation(prompt: prompt, room: room, group: group, sampling: sampling))
            }
        }
        let settings = CompletionSettings(
            sampling: validated.options.sampling, stops: validated.options.stops,
            maximumTokens: rooms.map(\.maximumTokens), contextLength: model.contextLength)
        return CompletionStream(
            lease: lease, warnings: warnings, promptTokenCounts: validated.prompts.map(\.tokens.count),
            yarnFactor: rooms.map(\.factor).max() ?? 1, settings: settings, generations: generations, readers: readers,
            abortion: abortion)
    }

    /// The prompt that a chat request comes to, without answering it.
    public func prompt(for request: ChatRequest) throws(ServingError) -> Prompt {
        try ValidatedChatRequest(request, model: registry.model(named: request.model)).prompt()
    }

    /// The same with what the request's tools come to; a prompt may be longer than the context.
    public func rendering(of request: ChatRequest) throws(ServingError) -> ChatRendering {
        let validated = try ValidatedChatRequest(request, model: registry.model(named: request.model))
        let prompt = try validated.prompt()
        return ChatRendering(
            prompt: prompt, tools: validated.constraint.tools, warnings: validated.warnings(about: prompt))
    }

    /// What a chat request would be answered with: its prompt and what it comes to. Refuses what `chat` refuses.
    public func preview(_ request: ChatRequest) throws(ServingError) -> ChatPreview {
        let model = try registry.model(named: request.model)
        try model.refuseUnlessItGenerates()
        let validated = try ValidatedChatRequest(request, model: model)
        let prompt = try validated.prompt()
        var warnings = validated.warnings(about: prompt)
        let room = try model.room(for: validated.options, promptTokenCount: prompt.ids.count, warnings: &warnings)
        let thinking = validated.thinkingLimit(maximumTokens: room.maximumTokens, start: prompt.startPhase)
        return ChatPreview(
            model: model, prompt: prompt,
            settings: validated.effective(room: room, thinking: thinking), warnings: warnings)
    }

    /// Takes nothing new, and lets what runs finish until the deadline.
    public func drain(deadline: Duration) async {
        registry.beginDraining()
        await withTaskGroup(of: Void.self) { group in
            for model in registry.models {
                group.addTask { await model.engine.drain(deadline: deadline) }
            }
        }
    }

    /// The model of a request for as long as the lease is kept; it is loaded first where it is not in memory, within the time
    /// that the request allows.
    ///
    /// - Throws: ``ServingError``; `CancellationError` where the task is cancelled.
    public func lease(
        named name: String?, for options: GenerationOptions = GenerationOptions()
    ) async throws -> ModelLease {
        try refuseWhileDraining()
        // What is no time is refused when the request is validated; a year is as good as no limit, and can be slept.
        let limit = options.totalTime.flatMap { $0 < 0 ? nil : Duration.milliseconds(min($0, 31_536_000_000)) }
        return try await registry.lease(named: name, within: limit)
    }

    func refuseWhileDraining() throws(ServingError) {
        guard !registry.isDraining else { throw .draining }
    }
}

extension ServedModel {
    /// Hands a request to the engine, its refusals in the service's terms.
    func generate(_ request: GenerationRequest) throws(ServingError) -> Generation {
        var request = request
        request.client = RequestClient.current.share
        do {
            return try engine.generate(request)
        } catch {
            throw ServingError(error, model: name, statistics: engine.statistics)
        }
    }
}

extension ValidatedOptions {
    /// One generation for each choice; all draw from the same seed, each its own stream.
    fileprivate func generations(
        promptTokenCount: Int, _ begin: (SamplingParameters, _ group: PromptGroup?) throws(ServingError) -> Generation
    ) throws(ServingError) -> [Generation] {
        var generations: [Generation] = []
        let group = choiceCount > 1 ? PromptGroup(sharedCount: promptTokenCount) : nil
        for choice in 0..<choiceCount {
            var sampling = sampling
            sampling.choice = UInt32(choice)
            generations.append(try begin(sampling, group))
        }
        return generations
    }
}

extension ServingError {
    /// An engine's refusal.
    fileprivate init(_ error: AdmissionError, model: String, statistics: EngineStatistics) {
        switch error {
        case .contextLengthExceeded(let prompt, let limit):
            self = .contextLengthExceeded(promptTokenCount: prompt, limit: limit)
        case .queueFull(let limit):
            let wait = statistics.estimatedWait(behind: statistics.waitingCount) ?? .seconds(2)
            self = .queueFull(limit: limit, retryAfter: max(.seconds(1), min(.seconds(60), wait)))
        case .draining: self = .draining
        case .failed(let reason): self = .modelFailed(name: model, reason: reason)
        case .emptyPrompt: self = .invalidValue(field: .prompt, message: "The prompt has no tokens.")
        case .tokenOutOfRange, .negativeTokenLimit, .tooManyLogProbabilities, .headMissing, .windowMissing:
            self = .internalFailure(error.description)
        }
    }
}
