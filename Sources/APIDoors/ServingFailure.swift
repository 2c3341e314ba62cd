package import Serving

extension APIError {
    /// Converts the one kind of error into the other. `fieldNames` holds what this endpoint calls a field differently.
    package init(_ error: ServingError, fieldNames: [RequestField: String] = [:]) {
        var message = error.description
        func name(_ field: RequestField) -> String { fieldNames[field] ?? field.rawValue }
        if case .invalidValue(let field, _) = error {
            message.replace("'\(field.rawValue)'", with: "'\(name(field))'")
        }
        switch error {
        case .modelNotFound:
            self.init(
                status: 404, message: message, type: .invalidRequest, parameter: name(.model), code: .modelNotFound)
        case .modelLoading:
            self.init(status: 503, message: message, type: .server, code: .modelLoading, retryAfter: .seconds(2))
        case .modelLoadFailed:
            self.init(
                status: 503, message: message, type: .server, code: .modelLoadFailed, isWorthRetrying: false)
        case .modelFailed:
            self.init(status: 503, message: message, type: .server, code: .modelFailed, isWorthRetrying: false)
        case .draining:
            self.init(status: 503, message: message, type: .server, code: .shuttingDown, retryAfter: .seconds(5))
        case .queueFull(_, let retryAfter):
            self.init(status: 503, message: message, type: .server, code: .overloaded, retryAfter: retryAfter)
        case .invalidValue(let field, _):
            self = .invalid(name(field), message)
        case .unsupportedValue(let field, _):
            self = .unsupported(name(field), message)
        case .contextLengthExceeded(let promptTokenCount, let limit, _):
            self.init(
                status: 400, message: message, type: .invalidRequest, parameter: name(.messages),
                code: .contextLengthExceeded,
                contextNumbers: ContextNumbers(promptTokenCount: promptTokenCount, limit: limit))
        case .inputTooLong(let field, let index, let tokenCount, let limit):
            self.init(
                status: 400, message: message, type: .invalidRequest, parameter: "\(name(field))[\(index)]",
                code: .contextLengthExceeded,
                contextNumbers: ContextNumbers(promptTokenCount: tokenCount, limit: limit))
        case .chatTemplateMissing:
            self = .unsupported(name(.messages), message)
        case .promptFailed:
            self = .invalid(name(.messages), message)
        case .timedOut:
            self.init(
                status: 504, message: message, type: .server, code: .deadlineExceeded, isWorthRetrying: false)
        case .internalFailure:
            self.init(status: 500, message: message, type: .server, code: .internalError)
        }
    }
}
