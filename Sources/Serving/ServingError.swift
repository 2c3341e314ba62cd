internal import Models

/// Why a request cannot be served. Each case carries the field, the limit and the value that a client needs.
///
/// A dialect turns it once, at its door, into its own error body.
public enum ServingError: Error, Sendable, Hashable {
    /// No model goes by this name.
    case modelNotFound(name: String, known: [String])
    /// The model is still being opened; worth another try soon.
    case modelLoading(name: String)
    /// The model could not be opened and will not become ready by waiting.
    case modelLoadFailed(name: String, reason: String)
    /// The model answered, and cannot any more.
    case modelFailed(name: String, reason: String)
    /// The server finishes what it has begun and takes nothing new.
    case draining
    /// As many requests wait as may.
    case queueFull(limit: Int, retryAfter: Duration)
    /// A field's value is out of its range or contradicts another field.
    case invalidValue(field: RequestField, message: String)
    /// A field's value is legitimate, but this server or model cannot honour it.
    case unsupportedValue(field: RequestField, message: String)
    /// The prompt leaves no room for a reply, or none with the factor of YaRN that was asked for.
    case contextLengthExceeded(promptTokenCount: Int, limit: Int, ropeFactor: Double? = nil)
    /// One of many inputs does not fit into the context.
    case inputTooLong(field: RequestField, index: Int, tokenCount: Int, limit: Int)
    /// The model came without a chat template, so that it cannot chat.
    case chatTemplateMissing(model: String)
    /// The model's chat template refused the conversation, or failed on it.
    case promptFailed(message: String)
    /// The request's time was over before its reply had begun.
    case timedOut
    /// The server's own fault.
    case internalFailure(String)
}

extension ServingError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .modelNotFound(let name, let known):
            let models = known.map { "'\($0)'" }.joined(separator: ", ")
            return "The model '\(name)' does not exist. This server has: \(models.isEmpty ? "no model" : models)."
        case .modelLoading(let name):
            return "The model '\(name)' is still loading."
        case .modelLoadFailed(let name, let reason):
            return "The model '\(name)' could not be loaded: \(reason)"
        case .modelFailed(let name, let reason):
            return "The model '\(name)' stopped: \(reason)."
        case .timedOut:
            return "The time that the request allows was over before its reply had begun."
        case .draining:
            return "The server is shutting down and takes no new requests."
        case .queueFull(let limit, _):
            return "The server is busy: \(limit) requests are already waiting. Please try again later."
        case .invalidValue(_, let message), .unsupportedValue(_, let message), .promptFailed(let message):
            return message
        case .contextLengthExceeded(let promptTokenCount, let limit, let ropeFactor):
            let pinned = ropeFactor.map { " with 'rope_factor' \(ContextWindow.text(of: $0))" } ?? ""
            let advice = ropeFactor == nil ? "" : ", or leave 'rope_factor' out"
            return "This model's maximum context length\(pinned) is \(limit) tokens, but the prompt has "
                + "\(promptTokenCount) tokens and a reply needs at least 1 more. Please shorten the prompt\(advice)."
        case .inputTooLong(let field, let index, let tokenCount, let limit):
            return "This model's maximum context length is \(limit) tokens, but '\(field.rawValue)[\(index)]' comes to "
                + "\(tokenCount). Please shorten it."
        case .chatTemplateMissing(let model):
            return "The model '\(model)' has no chat template, so it cannot chat. Use completions, "
                + "or start the server with a chat template file."
        case .internalFailure(let reason):
            return "The server failed: \(reason)"
        }
    }
}
