internal import JSON
internal import Serving

extension APIError {
    /// The error object, as the body of a reply or the data of a stream's event.
    var body: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "error")
        writer.beginObject()
        writer.append(key: "message")
        writer.append(string: message)
        writer.append(key: "type")
        writer.append(string: type.rawValue)
        writer.append(key: "param")
        writer.append(optional: parameter)
        writer.append(key: "code")
        writer.append(optional: code?.rawValue)
        if let contextNumbers {
            writer.append(key: "n_prompt_tokens")
            writer.append(int: contextNumbers.promptTokenCount)
            writer.append(key: "n_ctx")
            writer.append(int: contextNumbers.limit)
        }
        writer.endObject()
        writer.endObject()
        return writer.bytes
    }

    /// Converts the one kind of error into the other. `fieldNames` holds what this endpoint calls a field differently.
    init(_ error: ServingError, fieldNames: [RequestField: String] = [:]) {
        let message = error.description
        func name(_ field: RequestField) -> String { fieldNames[field] ?? field.rawValue }
        switch error {
        case .modelNotFound:
            self.init(
                status: 404, message: message, type: .invalidRequest, parameter: name(.model), code: .modelNotFound)
        case .modelLoading:
            self.init(status: 503, message: message, type: .server, code: .modelLoading, retryAfter: .seconds(2))
        case .modelLoadFailed:
            self.init(
                status: 503, message: message, type: .server, code: .modelLoadFailed, isWorthRetrying: false)
        case .draining:
            self.init(status: 503, message: message, type: .server, code: .shuttingDown, retryAfter: .seconds(5))
        case .queueFull(_, let retryAfter):
            self.init(status: 503, message: message, type: .server, code: .overloaded, retryAfter: retryAfter)
        case .invalidValue(let field, _):
            self = .invalid(name(field), message)
        case .unsupportedValue(let field, _):
            self = .unsupported(name(field), message)
        case .contextLengthExceeded(let promptTokenCount, let limit):
            self.init(
                status: 400, message: message, type: .invalidRequest, parameter: name(.messages),
                code: .contextLengthExceeded,
                contextNumbers: ContextNumbers(promptTokenCount: promptTokenCount, limit: limit))
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

extension JSONWriter {
    /// A string value, or null.
    mutating func append(optional text: String?) {
        if let text {
            append(string: text)
        } else {
            appendNull()
        }
    }
}
