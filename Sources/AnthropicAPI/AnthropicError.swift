internal import APIDoors
internal import JSON

extension ErrorFormat {
    /// Anthropic's error object, in bodies and in events.
    static let anthropic = ErrorFormat([
        "type": .string, "error": ["type": .string, "message": .string], "request_id": .nullable(.string),
    ]) { (error, requestID) in
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "type", string: "error")
        writer.append(key: "error")
        writer.beginObject()
        writer.append(key: "type", string: error.anthropicType)
        writer.append(key: "message", string: error.message)
        writer.endObject()
        writer.append(key: "request_id")
        writer.append(optional: requestID)
        writer.endObject()
        return writer.bytes
    }
}

extension APIError {
    /// Anthropic's name for the kind of error, by the status.
    fileprivate var anthropicType: String {
        switch status {
        case 401: "authentication_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }
}
