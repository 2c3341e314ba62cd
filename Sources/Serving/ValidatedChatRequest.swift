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
    private let promptRequest: ChatPromptRequest
    private let parsesToolCalls: Bool

    init(_ request: ChatRequest, model: ServedModel) throws(ServingError) {
        guard let format = model.chatFormat else { throw .chatTemplateMissing(model: model.name) }
        let thinks = request.thinking ?? true
        self.model = model
        self.format = format
        parsesToolCalls = !request.tools.isEmpty && request.toolUse == .automatic
        toolCallLimit = request.allowsParallelToolCalls ? nil : 1
        promptRequest = try Self.promptRequest(request)
        let validator = RequestValidator(vocabularySize: model.tokenizer.tokenCount)
        var options = try validator.validate(
            request.options, defaults: thinks ? model.defaults.thinking : model.defaults.direct)
        if !request.tools.isEmpty, request.toolUse == .forbidden, let open = model.outputTokens.toolCallOpen {
            options.sampling.logitBias[open] = -100
        }
        self.options = options
    }

    /// Renders and encodes the conversation.
    func prompt() throws(ServingError) -> Prompt {
        do {
            return try format.prompt(for: promptRequest)
        } catch {
            throw .promptFailed(message: "The chat template cannot render this conversation: \(error.reason)")
        }
    }

    func generation(prompt: Prompt, maximumTokens: Int, sampling: SamplingParameters) -> GenerationRequest {
        GenerationRequest(
            prompt: prompt.ids, maximumTokens: maximumTokens, sampling: sampling, stops: options.stops,
            output: OutputMachine(
                tokens: model.outputTokens, start: prompt.startPhase, parsesToolCalls: parsesToolCalls),
            usesPrefixCache: options.usesPrefixCache, cacheSalt: options.cacheSalt)
    }

    private static func promptRequest(_ request: ChatRequest) throws(ServingError) -> ChatPromptRequest {
        if request.continuesFinalMessage {
            guard request.messages.last?.role == .assistant else {
                throw .invalidValue(
                    field: .continuesFinalMessage,
                    message: "'continue_final_message' needs a last message of the assistant.")
            }
            guard request.addsGenerationPrompt != true else {
                throw .invalidValue(
                    field: .continuesFinalMessage,
                    message: "'continue_final_message' and 'add_generation_prompt' cannot both be true.")
            }
        }
        return ChatPromptRequest(
            messages: request.messages, tools: request.tools, thinking: request.thinking,
            addsGenerationPrompt: request.addsGenerationPrompt ?? !request.continuesFinalMessage,
            continuesFinalMessage: request.continuesFinalMessage, variables: request.templateVariables)
    }
}
