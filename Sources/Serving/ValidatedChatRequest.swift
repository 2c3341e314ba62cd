internal import Chat
internal import Engine
internal import Sampling
internal import Tokenization
internal import Tokens

/// A chat request whose every value was checked against its model.
struct ValidatedChatRequest {
    let model: ServedModel
    let format: ChatFormat
    let options: ValidatedOptions
    /// Nil where the reply may call any number of tools.
    let toolCallLimit: Int?
    /// What the answer is held to.
    let constraint: AnswerConstraint
    private let thinkingBudget: Int?
    private let minimumAnswerTokens: Int?
    private let stopPhrases: StopPhrases
    private let thinkingTime: Duration?
    private let promptRequest: ChatPromptRequest
    /// What is remembered of the conversation; nil where nothing is to be.
    let recollection: Recollection?
    private let isDeniedMemory: Bool
    private let thinks: Bool
    private let thinkingMode: ThinkingMode
    private let closesForm: Bool
    private let endsThinkingAtToolCall: Bool

    init(_ request: ChatRequest, model: ServedModel) throws(ServingError) {
        let format = try Self.format(request, model: model)
        let mode = request.chatTemplate == nil ? model.thinkingMode ?? .automatic : format.thinkingMode
        let thinks = mode == .always || request.thinking ?? true
        self.thinks = thinks
        thinkingMode = mode
        endsThinkingAtToolCall = request.endsThinkingAtToolCall
        closesForm = request.options.closesFormAtLimit
        self.model = model
        self.format = format
        constraint = try AnswerConstraint(request, format: format, model: model, thinks: thinks)
        toolCallLimit = request.allowsParallelToolCalls ? nil : 1
        thinkingBudget = try Self.thinkingBudget(request)
        minimumAnswerTokens = try Self.minimumAnswerTokens(request)
        stopPhrases = try Self.stopPhrases(request, model: model)
        var promptRequest = try Self.promptRequest(request)
        recollection = model.reasoningMemory.flatMap { memory in
            request.restoresReasoning == false
                ? nil
                : Recollection(
                    memory, owner: request.owner, salt: request.options.cacheSalt, format: format,
                    restoringIn: &promptRequest)
        }
        isDeniedMemory = request.restoresReasoning == true && model.reasoningMemory == nil
        self.promptRequest = promptRequest
        let validator = RequestValidator(
            vocabularySize: model.tokenizer.tokenCount, endsLoops: model.defaults.endsLoops)
        var options = try validator.validate(
            request.options, defaults: thinks ? model.defaults.thinking : model.defaults.direct)
        if !request.tools.isEmpty, request.toolUse == .forbidden, let open = model.outputTokens.toolCallOpen {
            options.sampling.bannedTokens.insert(open)
        }
        options.stops.skipsLeadingLineFeeds = !request.continuesFinalMessage
        self.options = options
        thinkingTime = try validator.time(request.thinkingTime, .thinkingTime)
    }

    /// What will not happen as it was asked for.
    func warnings(about prompt: Prompt) -> [ServingWarning] {
        constraint.warnings + [thinkingWarning(about: prompt), closingWarning, memoryWarning].compactMap(\.self)
            + variableWarnings
    }

    /// What is to be said about variables that the template does not read.
    private var variableWarnings: [ServingWarning] {
        // The switch for earlier reasoning works without the template, too.
        let names = promptRequest.variables.map(\.key).filter { $0 != "preserve_thinking" && !format.mentions($0) }
        return names.map { name in
            ServingWarning(
                field: .templateVariables, member: name,
                message: "The template of this model does not read it; it has no effect.")
        }
    }

    /// What is to be said where the template does not obey the switch for thinking.
    private func thinkingWarning(about prompt: Prompt) -> ServingWarning? {
        guard let thinking = promptRequest.thinking, !format.hasThinkingSwitch else { return nil }
        let opensThinking = prompt.startPhase == .reasoning
        guard thinking != opensThinking else { return nil }
        return ServingWarning(
            field: .thinking,
            message: "The template of this model has no such switch: "
                + (opensThinking ? "it always thinks." : "whether it thinks is its own choice."))
    }

    private var memoryWarning: ServingWarning? {
        guard isDeniedMemory else { return nil }
        return ServingWarning(
            field: .restoresReasoning, message: "This server remembers no reasoning; it has no effect.")
    }

    private var closingWarning: ServingWarning? {
        guard closesForm, constraint.matcher == nil else { return nil }
        return ServingWarning(
            field: .closesFormAtLimit, message: "The answer is not held to anything; it has no effect.")
    }

    /// Renders and encodes the conversation.
    func prompt() throws(ServingError) -> Prompt {
        do {
            return try format.prompt(for: promptRequest)
        } catch {
            throw .promptFailed(message: "The chat template cannot render this conversation: \(error.reason)")
        }
    }

    /// What is done with a reply once it is complete; nil where nothing is.
    var aftermath: (@Sendable (ChatMessage, ChatFinish) -> Void)? {
        // What goes on with a message is no message by itself, nor is nothing.
        guard recollection != nil || nextTurn != nil, !promptRequest.continuesFinalMessage, options.maximumTokens != 0
        else { return nil }
        return { [recollection, nextTurn] reply, finish in
            recollection?.keep(reply, isIncomplete: finish.reason == .length)
            guard let nextTurn, finish.cut == nil else { return }
            Task.detached(priority: .utility) { nextTurn.expect(behind: reply) }
        }
    }

    /// What will follow the reply; nil where nothing of it is computed ahead, or all of it goes on from what is cached anyway.
    private var nextTurn: NextTurn? {
        guard model.engine.worksAhead, options.usesPrefixCache, options.choiceCount == 1,
            !promptRequest.keepsEarlierReasoning
        else { return nil }
        return NextTurn(model: model, format: format, request: promptRequest, options: options)
    }

    /// What may end the thinking of a reply with so many tokens.
    func thinkingLimit(maximumTokens: Int, start: OutputPhase) -> ThinkingLimit {
        // The tag that opens a think block may be among the reply's tokens.
        let needed =
            closesForm ? constraint.matcher?.shortestCompletion(within: maximumTokens).map { $0.count + 1 } : nil
        guard minimumAnswerTokens != 0 || needed != nil else {
            return ThinkingLimit(budget: thinkingBudget, stopPhrase: stopPhrases.full)
        }
        return ThinkingLimit(
            requested: thinkingBudget, reserve: minimumAnswerTokens, needed: needed ?? 0, maximumTokens: maximumTokens,
            phrases: stopPhrases, start: start)
    }

    /// What the request comes to.
    func effective(room: ReplyRoom, thinking: ThinkingLimit) -> EffectiveSettings {
        EffectiveSettings(
            thinks: thinks && thinkingMode != .never, isThinkingTheModels: [.always, .never].contains(thinkingMode),
            thinkingBudget: thinks ? thinking.budget : nil,
            isBudgetAskedFor: thinkingBudget != nil, isBudgetFromReserve: thinking.isReserve,
            maximumTokens: room.maximumTokens, sampling: options.sampling, stops: options.stops,
            keepsEarlierReasoning: promptRequest.keepsEarlierReasoning,
            restoredReasoningCount: recollection?.restoredCount ?? 0, tools: constraint.tools,
            yarnFactor: room.factor, isBatch: options.urgency == .batch)
    }

    func generation(
        prompt: Prompt, room: ReplyRoom, thinking: ThinkingLimit, group: PromptGroup?, sampling: SamplingParameters
    ) -> GenerationRequest {
        var timeLimits = options.timeLimits
        timeLimits.thinking = thinkingTime
        timeLimits.answerTokens = thinking.answerTokens
        var sampling = sampling
        if !thinks, prompt.startPhase == .content {
            // A think block that nobody asked for is not spared.
            sampling.logitBiasScope = .all
        }
        if thinks, thinking.forbidsThinking, prompt.startPhase == .content {
            // A tag that closes what was never opened would be a strange answer.
            let tags = [model.outputTokens.thinkOpen, model.outputTokens.thinkClose]
            sampling.bannedTokens.formUnion(tags.compactMap(\.self))
        }
        var generation = GenerationRequest(
            prompt: prompt.ids, maximumTokens: room.maximumTokens, sampling: sampling, stops: options.stops,
            output: OutputMachine(
                tokens: model.outputTokens, start: prompt.startPhase, parsesToolCalls: constraint.readsCalls,
                thinkingBudget: thinking.budget, stopPhrase: thinking.stopPhrase,
                closesThinkingAtEnd: thinking.answersAfterEnd,
                closesThinkingAtToolCall: endsThinkingAtToolCall && constraint.readsCalls),
            constraint: constraint.matcher,
            promptLogProbabilities: sampling.choice == 0 ? options.promptLogProbabilityCount : nil,
            usesPrefixCache: options.usesPrefixCache, cacheSalt: options.cacheSalt,
            promptGroup: group, timeLimits: timeLimits, priority: options.priority,
            loopLimits: options.loopLimits)
        generation.closesFormAtLimit = closesForm
        generation.urgency = options.urgency
        generation.window = room.window
        return generation
    }

    private static func format(_ request: ChatRequest, model: ServedModel) throws(ServingError) -> ChatFormat {
        guard let template = request.chatTemplate else {
            guard let format = model.chatFormat else { throw .chatTemplateMissing(model: model.name) }
            return format
        }
        do {
            guard let format = model.chatFormat else {
                return try ChatFormat(template: template, tokenizer: model.tokenizer)
            }
            return try format.replacing(template: template)
        } catch {
            throw .invalidValue(
                field: .chatTemplate, message: "'chat_template' cannot be read: \(error.reason.prefix(400))")
        }
    }

    private static func thinkingBudget(_ request: ChatRequest) throws(ServingError) -> Int? {
        guard let budget = request.thinkingBudget else { return nil }
        guard budget >= 0 else {
            throw .invalidValue(
                field: .thinkingBudget, message: "A thinking budget must be at least 0 tokens, not \(budget).")
        }
        return budget
    }

    private static func minimumAnswerTokens(_ request: ChatRequest) throws(ServingError) -> Int? {
        guard let reserve = request.minimumAnswerTokens else { return nil }
        guard reserve >= 0 else {
            throw .invalidValue(
                field: .minimumAnswerTokens, message: "'min_answer_tokens' must be at least 0, not \(reserve).")
        }
        if let maximum = request.options.maximumTokens, reserve > maximum {
            throw .invalidValue(
                field: .minimumAnswerTokens,
                message: "'min_answer_tokens' is \(reserve), which is more than the maximum of \(maximum) tokens.")
        }
        return reserve
    }

    private static let stopMessageLimit = 4096

    private static func stopPhrases(_ request: ChatRequest, model: ServedModel) throws(ServingError) -> StopPhrases {
        guard let message = request.thinkingStopMessage else { return model.stopPhrases }
        guard message.utf8.count <= stopMessageLimit else {
            throw .invalidValue(
                field: .thinkingStopMessage,
                message: "'reasoning_budget_message' may have at most \(stopMessageLimit) bytes, "
                    + "not \(message.utf8.count).")
        }
        return model.stopPhrases.saying(message, tokenizer: model.tokenizer)
    }

    private static func promptRequest(_ request: ChatRequest) throws(ServingError) -> ChatPromptRequest {
        if request.continuesFinalMessage {
            guard request.messages.last?.role == .assistant else {
                throw .invalidValue(
                    field: .continuesFinalMessage,
                    message: "'continue_final_message' needs a last message of the assistant.")
            }
            guard request.messages.last?.toolCalls.isEmpty != false else {
                throw .invalidValue(
                    field: .continuesFinalMessage,
                    message: "'continue_final_message' goes on with text; the last message ends with calls of tools.")
            }
            guard request.addsGenerationPrompt != true else {
                throw .invalidValue(
                    field: .continuesFinalMessage,
                    message: "'continue_final_message' and 'add_generation_prompt' cannot both be true.")
            }
        }
        let omitsTools = request.omitsForbiddenTools && request.toolUse == .forbidden
        return ChatPromptRequest(
            messages: request.messages, tools: omitsTools ? [] : request.tools, thinking: request.thinking,
            addsGenerationPrompt: request.addsGenerationPrompt ?? !request.continuesFinalMessage,
            continuesFinalMessage: request.continuesFinalMessage, variables: request.templateVariables,
            keepsEarlierReasoning: request.keepsEarlierReasoning)
    }
}
