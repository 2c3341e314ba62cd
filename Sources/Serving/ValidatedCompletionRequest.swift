internal import ConstrainedDecoding
internal import Engine
internal import Sampling
internal import Tokenization
internal import Tokens

/// A completion request whose every value was checked against its model.
struct ValidatedCompletionRequest {
    struct Prompt {
        var text: String
        var tokens: [TokenID]
    }

    let prompts: [Prompt]
    let options: ValidatedOptions
    private let echoesPrompt: Bool
    private let ends: Set<TokenID>
    private let grammar: CompiledGrammar?

    init(_ request: CompletionRequest, model: ServedModel) throws(ServingError) {
        let validator = RequestValidator(
            vocabularySize: model.tokenizer.tokenCount, endsLoops: model.defaults.endsLoops)
        var options = try validator.validate(request.options, defaults: model.defaults.thinking)
        if request.echoesPrompt, options.maximumTokens == 1, options.sampling.logProbabilityCount != nil {
            // Evaluation harnesses score prompts this way and count on exactly one token behind them, be it an end.
            options.sampling.ignoresEnd = true
        }
        self.options = options
        echoesPrompt = request.echoesPrompt
        grammar = try model.grammar(request.options)
        ends = model.outputTokens.ends
        var prompts: [Prompt] = []
        for prompt in request.prompts {
            prompts.append(try Self.prompt(prompt, validator: validator, tokenizer: model.tokenizer))
        }
        self.prompts = prompts
    }

    func reader(
        choice: Int, prompt: Prompt, tokenizer: Tokenizer, yarnFactor: Double?, abortion: ReplyAbortion
    ) -> CompletionChoiceReader {
        CompletionChoiceReader(
            choice: choice, tokenizer: tokenizer, stops: options.stops,
            reportsTokens: options.sampling.logProbabilityCount != nil, promptTokenCount: prompt.tokens.count,
            yarnFactor: yarnFactor,
            echo: echoesPrompt ? PromptEcho(text: prompt.text, tokens: prompt.tokens) : nil, abortion: abortion)
    }

    /// What is reported of a prompt: for its echo, or for its own sake.
    private func promptLogProbabilityCount(_ sampling: SamplingParameters) -> Int? {
        let echoed = echoesPrompt ? sampling.logProbabilityCount : nil
        guard let asked = options.promptLogProbabilityCount else { return echoed }
        return max(asked, echoed ?? 0)
    }

    func generation(
        prompt: Prompt, room: ReplyRoom, group: PromptGroup?, sampling: SamplingParameters
    ) -> GenerationRequest {
        var generation = GenerationRequest(
            prompt: prompt.tokens, maximumTokens: room.maximumTokens, sampling: sampling, stops: options.stops,
            output: OutputMachine(tokens: OutputGrammarTokens(ends: ends)),
            constraint: grammar?.makeMatcher(),
            promptLogProbabilities: promptLogProbabilityCount(sampling),
            usesPrefixCache: options.usesPrefixCache, cacheSalt: options.cacheSalt,
            promptGroup: group, timeLimits: options.timeLimits, priority: options.priority,
            loopLimits: options.loopLimits)
        generation.urgency = options.urgency
        generation.window = room.window
        return generation
    }

    private static func prompt(
        _ prompt: CompletionPrompt, validator: RequestValidator, tokenizer: Tokenizer
    ) throws(ServingError) -> Prompt {
        let tokens = try validator.tokens(prompt, field: .prompt, tokenizer: tokenizer)
        guard !tokens.isEmpty else {
            throw .invalidValue(field: .prompt, message: "The prompt is empty; it needs at least one token.")
        }
        if case .text(let text) = prompt { return Prompt(text: text, tokens: tokens) }
        return Prompt(text: tokenizer.decode(tokens), tokens: tokens)
    }
}
