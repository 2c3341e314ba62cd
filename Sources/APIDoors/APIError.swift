/// A refusal or failure: a status, and what OpenAI's error object says; other dialects spell it in their own way.
package struct APIError: Error, Sendable, Hashable {
    /// The HTTP status.
    package var status: Int
    package var message: String
    package var type: Kind
    /// The field that is at fault, as a path such as `messages[2].content[0]`.
    package var parameter: String?
    /// What a program can tell the case by.
    package var code: Code?
    /// How long a client should wait before it tries again.
    package var retryAfter: Duration?
    /// False tells clients that waiting will not help, where the status alone would make them retry.
    package var isWorthRetrying: Bool = true
    /// The prompt's length and the context's, where the one is too long for the other.
    package var contextNumbers: ContextNumbers?

    package init(
        status: Int, message: String, type: Kind, parameter: String? = nil, code: Code? = nil,
        retryAfter: Duration? = nil, isWorthRetrying: Bool = true, contextNumbers: ContextNumbers? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.parameter = parameter
        self.code = code
        self.retryAfter = retryAfter
        self.isWorthRetrying = isWorthRetrying
        self.contextNumbers = contextNumbers
    }

    /// The values of `type`.
    package enum Kind: String, Sendable {
        case invalidRequest = "invalid_request_error"
        case permission = "permission_error"
        case rateLimit = "rate_limit_error"
        case server = "server_error"
    }

    /// The values of `code`.
    package enum Code: String, Sendable {
        case unsupportedValue = "unsupported_value"
        case contextLengthExceeded = "context_length_exceeded"
        case invalidAPIKey = "invalid_api_key"
        case insufficientPermissions = "insufficient_permissions"
        case originNotAllowed = "origin_not_allowed"
        case modelNotFound = "model_not_found"
        case previousResponseNotFound = "previous_response_not_found"
        case notFound = "not_found"
        case unknownURL = "unknown_url"
        case methodNotAllowed = "method_not_allowed"
        case requestTooLarge = "request_too_large"
        case rateLimitExceeded = "rate_limit_exceeded"
        case modelLoading = "model_loading"
        case modelLoadFailed = "model_load_failed"
        case modelFailed = "model_failed"
        case shuttingDown = "shutting_down"
        case overloaded
        case deadlineExceeded = "deadline_exceeded"
        case internalError = "internal_error"
    }

    package struct ContextNumbers: Sendable, Hashable {
        package var promptTokenCount: Int
        package var limit: Int

        package init(promptTokenCount: Int, limit: Int) {
            self.promptTokenCount = promptTokenCount
            self.limit = limit
        }
    }
}

extension APIError {
    /// A malformed or impossible value.
    package static func invalid(_ parameter: String?, _ message: String) -> APIError {
        APIError(status: 400, message: message, type: .invalidRequest, parameter: parameter)
    }

    /// A legitimate value that is not supported here.
    package static func unsupported(_ parameter: String, _ message: String) -> APIError {
        APIError(
            status: 400, message: message, type: .invalidRequest, parameter: parameter, code: .unsupportedValue)
    }

    package static let invalidAPIKey = APIError(
        status: 401,
        message: "No valid API key was given. Send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
        type: .invalidRequest, code: .invalidAPIKey)

    /// Whoever brings so many wrong keys has to wait before it may try the next.
    static func tooManyWrongKeys(limit: Int, wait: Duration) -> APIError {
        let seconds = (wait.milliseconds / 100).rounded(.up) / 10
        return APIError(
            status: 429,
            message: "Too many wrong API keys came from this address: \(limit) a minute are let pass. "
                + "Try again in \(seconds) s.",
            type: .rateLimit, code: .rateLimitExceeded, retryAfter: wait)
    }

    /// The key is one, but not for this.
    static func missingScope(_ access: RouteAccess) -> APIError {
        let scope = if case .scope(let scope) = access { scope.rawValue } else { "" }
        return APIError(
            status: 403, message: "This key is not for this: it would need the scope '\(scope)'.",
            type: .permission, code: .insufficientPermissions)
    }

    package static func internalFailure(_ reason: String) -> APIError {
        APIError(status: 500, message: reason, type: .server, code: .internalError)
    }
}
