/// A field of a request that a complaint can be about, named by what it means.
///
/// The raw value is the name that most clients know; a dialect with other names maps them at its own door.
public enum RequestField: String, Sendable, Hashable, CaseIterable {
    case model
    case messages
    case prompt
    case input
    case dimensions
    case documents
    case documentTokenLimit = "max_tokens_per_doc"
    case tools
    case toolChoice = "tool_choice"
    case closesFormAtLimit = "close_json_on_length"
    case chatTemplate = "chat_template"
    case maximumTokens = "max_tokens"
    case minimumTokens = "min_tokens"
    case temperature
    case topP = "top_p"
    case topK = "top_k"
    case minP = "min_p"
    case presencePenalty = "presence_penalty"
    case frequencyPenalty = "frequency_penalty"
    case repetitionPenalty = "repetition_penalty"
    case logitBias = "logit_bias"
    case stop
    case stopTokenIDs = "stop_token_ids"
    case logProbabilityCount = "top_logprobs"
    case promptLogProbabilityCount = "prompt_logprobs"
    case choiceCount = "n"
    case constraint = "response_format"
    case thinkingBudget = "thinking_budget"
    case thinkingStopMessage = "reasoning_budget_message"
    case minimumAnswerTokens = "min_answer_tokens"
    case continuesFinalMessage = "continue_final_message"
    case tokens
    case thinkingTime = "thinking_time_ms"
    case writingTime = "t_max_predict_ms"
    case totalTime = "max_latency_ms"
    case priority
    case repetitionDetection = "repetition_detection"
    case ropeFactor = "rope_factor"
    case thinking = "enable_thinking"
    case restoresReasoning = "restore_reasoning"
    case templateVariables = "chat_template_kwargs"
}
