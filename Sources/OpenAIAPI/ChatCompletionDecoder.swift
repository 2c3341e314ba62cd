internal import APIDoors
internal import JSON
internal import Serving

/// A chat completion as its body asks for it.
struct ChatCompletionCall {
    var request: ChatRequest
    var delivery: ReplyDelivery
    var remarks: RequestRemarks
    /// Which fields decided about thinking.
    var sources: ReasoningSources
}

/// How a reply is to be sent.
struct ReplyDelivery {
    var streams = false
    /// Whether a stream ends with a chunk of token counts.
    var includesUsage = false
    /// Whether every chunk tells the tokens of its choice so far.
    var includesRunningUsage = false
    /// Whether log-probabilities name tokens `token_id:N` instead of by their text.
    var namesTokensByID = false
    /// Whether a stream tells how far the prompt is.
    var reportsProgress = false
    /// The member that reasoning is sent in.
    var reasoningField = ReasoningFieldName.reasoningContent
    /// Whether the reply tells what its request came to.
    var includesEffective = false
    /// What else than its id the reply can be found by while it comes.
    var names: [String] = []
    /// Whether the reply's thinking can be ended while it comes.
    var isControllable = false
    /// Whether a call of the function that `tool_choice` names ends with `stop`, as OpenAI has it.
    var endsNamedCallWithStop = false
    /// Whether nothing is to be generated: the reply is the prompt, and what the request comes to.
    var isDryRun = false
}

/// Body to ``ChatCompletionCall``: types and spellings are checked, every complaint names its field.
enum ChatCompletionDecoder {
    static func call(
        from body: JSONObject, settings: APISettings = APISettings(version: "")
    ) throws(APIError) -> ChatCompletionCall {
        var root = FieldReader(body)
        var remarks = try RequestRemarks(from: &root, settings: settings)
        let model = try root.string("model")
        let messages = try MessageDecoder.messages(from: &root)
        let tools = try ToolDecoder.fields(from: &root, settings: settings, warnings: &remarks.warnings)
        let reasoning = try ReasoningDialects.fields(
            from: &root, budgets: settings.thinkingBudgets, warnings: &remarks.warnings)
        remarks.fieldNames[.thinkingBudget] = reasoning.sources.budget
        remarks.fieldNames[.thinking] = reasoning.sources.thinking
        var options = try SamplingDecoder.options(from: &root)
        try UrgencyDecoder.read(from: &root, into: &options, warnings: &remarks.warnings)
        options.maximumTokens = try maximumTokens(from: &root, names: &remarks.fieldNames, warnings: &remarks.warnings)
        options.logProbabilityCount = try logProbabilityCount(from: &root)
        options.reportsReasoningTokens = try root.bool("reasoning_logprobs") ?? false
        if options.reportsReasoningTokens, options.logProbabilityCount == nil {
            throw root.invalid("reasoning_logprobs", "'reasoning_logprobs' needs 'logprobs' to be true.")
        }
        options.constraint = try ConstraintDecoder.definition(from: &root, names: &remarks.fieldNames)
        options.closesFormAtLimit = try root.bool("close_json_on_length") ?? false
        var delivery = try delivery(from: &root, warnings: &remarks.warnings)
        warnOfTokenNames(&root, delivery, options)
        try readChatDelivery(from: &root, settings: settings, into: &delivery)
        delivery.endsNamedCallWithStop = try root.bool("strict_openai") ?? false && tools.choice.isSingle
        let reasoningDelivery = try ReasoningDeliveryDecoder.delivery(
            from: &root, isExcluded: reasoning.isExcluded, warnings: &remarks.warnings)
        let template = try TemplateDecoder.template(from: &root, settings: settings)
        let request = ChatRequest(
            model: model, messages: messages, chatTemplate: template, tools: tools.tools, toolUse: tools.choice.use,
            omitsForbiddenTools: tools.omitsForbiddenTools, callableTools: tools.choice.names,
            allowsParallelToolCalls: tools.allowsParallelCalls,
            endsThinkingAtToolCall: tools.endsThinking, thinking: reasoning.thinking,
            thinkingBudget: reasoning.budget, thinkingStopMessage: reasoning.stopMessage,
            minimumAnswerTokens: reasoning.minimumAnswerTokens, thinkingTime: reasoning.time,
            reasoningDelivery: reasoningDelivery, templateVariables: reasoning.templateVariables,
            keepsEarlierReasoning: reasoning.keepsEarlierReasoning, restoresReasoning: reasoning.restoresReasoning,
            addsGenerationPrompt: try root.bool("add_generation_prompt"),
            continuesFinalMessage: try root.bool("continue_final_message") ?? false, options: options)
        try IneffectiveFields.checkChat(&root, warnings: &remarks.warnings)
        try refusePromptTokensInStream(delivery, options)
        try RefusedFields.refuse(&root)
        try remarks.finish(root)
        return ChatCompletionCall(request: request, delivery: delivery, remarks: remarks, sources: reasoning.sources)
    }

    /// `stream` and `stream_options`, and how tokens are named.
    static func delivery(
        from root: inout FieldReader, warnings: inout [RequestWarning]
    ) throws(APIError) -> ReplyDelivery {
        var delivery = ReplyDelivery()
        delivery.streams = try root.bool("stream") ?? false
        delivery.namesTokensByID = try root.bool("return_tokens_as_token_ids") ?? false
        delivery.reportsProgress = try root.bool("return_progress") ?? false
        delivery.names = try root.string("rid").map { [$0] } ?? []
        if delivery.reportsProgress, !delivery.streams {
            warnings.append(
                RequestWarning(parameter: "return_progress", message: "It has no effect without 'stream'."))
        }
        guard var options = try root.reader("stream_options") else { return delivery }
        delivery.includesUsage = try options.bool("include_usage") ?? false
        delivery.includesRunningUsage = try options.bool("continuous_usage_stats") ?? false
        if delivery.includesRunningUsage, !delivery.includesUsage {
            warnings.append(
                RequestWarning(
                    parameter: "stream_options.continuous_usage_stats",
                    message: "It has no effect without 'include_usage'."))
            delivery.includesRunningUsage = false
        }
        if try options.bool("include_obfuscation") == true {
            warnings.append(
                RequestWarning(parameter: "stream_options.include_obfuscation", message: "Not supported; no effect."))
        }
        if !delivery.streams {
            warnings.append(
                RequestWarning(parameter: "stream_options", message: "It has no effect without 'stream'."))
        }
        warnings.warnOfUnknown(options)
        return delivery
    }

    /// Chunks have no place for what is known of the prompt.
    static func refusePromptTokensInStream(
        _ delivery: ReplyDelivery, _ options: GenerationOptions
    ) throws(APIError) {
        guard delivery.streams, options.promptLogProbabilityCount != nil else { return }
        throw .unsupported("prompt_logprobs", "'prompt_logprobs' is not supported with 'stream'.")
    }

    /// Token ids in the place of texts need log-probabilities to stand in.
    static func warnOfTokenNames(
        _ root: inout FieldReader, _ delivery: ReplyDelivery, _ options: GenerationOptions
    ) {
        guard delivery.namesTokensByID, options.logProbabilityCount == nil, options.promptLogProbabilityCount == nil
        else { return }
        root.warn("return_tokens_as_token_ids", "It has no effect without 'logprobs'.")
    }

    /// What only chats have of how a reply is sent.
    private static func readChatDelivery(
        from root: inout FieldReader, settings: APISettings, into delivery: inout ReplyDelivery
    ) throws(APIError) {
        delivery.reasoningField = try ReasoningDeliveryDecoder.fieldName(from: &root) ?? settings.reasoningField
        delivery.includesEffective = try root.bool("return_effective") ?? false
        delivery.isControllable = try root.bool("reasoning_control") ?? false
        delivery.isDryRun = try root.bool("dry_run") ?? false
    }

    private static func maximumTokens(
        from root: inout FieldReader, names: inout [RequestField: String], warnings: inout [RequestWarning]
    ) throws(APIError) -> Int? {
        let newer = try root.integer("max_completion_tokens")
        let older = try root.integer("max_tokens")
        guard let newer else { return older }
        names[.maximumTokens] = "max_completion_tokens"
        if let older, older != newer {
            warnings.append(
                RequestWarning(parameter: "max_tokens", message: "'max_completion_tokens' was given too and is used."))
        }
        return newer
    }

    private static func logProbabilityCount(from root: inout FieldReader) throws(APIError) -> Int? {
        let isWanted = try root.bool("logprobs") ?? false
        let count = try root.integer("top_logprobs")
        guard isWanted else {
            if let count, count != 0 {
                throw root.invalid("top_logprobs", "'top_logprobs' is \(count), but needs 'logprobs' to be true.")
            }
            return nil
        }
        return count ?? 0
    }
}
