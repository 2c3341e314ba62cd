/// A refusal or failure in OpenAI's terms: a status, and the four fields of its error object.
struct APIError: Error, Sendable, Hashable {
    /// The HTTP status.
    var status: Int
    var message: String
    var type: Kind
    /// The field that is at fault, as a path such as `messages[2].content[0]`.
    var parameter: String?
    /// What a program can tell the case by.
    var code: Code?
    /// How long a client should wait before it tries again.
    var retryAfter: Duration?
    /// False tells clients that waiting will not help, where the status alone would make them retry.
    var isWorthRetrying: Bool = true
    /// The prompt's length and the context's, where the one is too long for the other.
    var contextNumbers: ContextNumbers?

    /// The values of `type`.
    enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case rateLimit = "rate_limit_error"
        case server = "server_error"
    }

    /// The values of `code`.
    enum Code: String, Sendable {
        case unsupportedValue = "unsupported_value"
        case contextLengthExceeded = "context_length_exceeded"
        case invalidAPIKey = "invalid_api_key"
        case modelNotFound = "model_not_found"
        case unknownURL = "unknown_url"
        case methodNotAllowed = "method_not_allowed"
        case requestTooLarge = "request_too_large"
        case rateLimitExceeded = "rate_limit_exceeded"
        case modelLoading = "model_loading"
        case modelLoadFailed = "model_load_failed"
        case shuttingDown = "shutting_down"
        case overloaded
        case deadlineExceeded = "deadline_exceeded"
        case internalError = "internal_error"
    }

    struct ContextNumbers: Sendable, Hashable {
        var promptTokenCount: Int
        var limit: Int
    }
}

extension APIError {
    /// A malformed or impossible value.
    static func invalid(_ parameter: String?, _ message: String) -> APIError {
        APIError(status: 400, message: message, type: .invalidRequest, parameter: parameter)
    }

    /// A legitimate value that is not supported here.
    static func unsupported(_ parameter: String, _ message: String) -> APIError {
        APIError(
            status: 400, message: message, type: .invalidRequest, parameter: parameter, code: .unsupportedValue)
    }

    static let invalidAPIKey = APIError(
        status: 401,
        message: "No valid API key was given. Send it as 'Authorization: Bearer KEY'.",
        type: .invalidRequest, code: .invalidAPIKey)

    static func internalFailure(_ reason: String) -> APIError {
        APIError(status: 500, message: reason, type: .server, code: .internalError)
    }
}
