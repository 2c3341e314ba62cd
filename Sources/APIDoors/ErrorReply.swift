package import HTTP
package import HTTPTypes

extension ResponseWriter {
    /// Answers with a JSON body.
    package consuming func send(
        json body: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) async throws(ResponseError) {
        var fields = headers
        fields[.contentType] = "application/json"
        try await send(HTTPResponse(status: status, headerFields: fields), body: body)
    }

    /// Answers with an error in the dialect's spelling, and the header fields that go with it.
    package consuming func send(
        _ error: APIError, as format: ErrorFormat, of requestID: String
    ) async throws(ResponseError) {
        var fields: HTTPFields = [.contentType: "application/json"]
        for (name, value) in error.headers {
            if let name = HTTPField.Name(name) {
                fields[name] = value
            }
        }
        try await send(
            HTTPResponse(status: .init(code: error.status), headerFields: fields),
            body: format.body(error, of: requestID))
    }
}

extension APIError {
    /// The header fields that go with the error, by their names.
    package var headers: [(String, String)] {
        var headers: [(String, String)] = []
        if status == 401 {
            headers.append(("WWW-Authenticate", "Bearer"))
        }
        if let retryAfter {
            let milliseconds = Int(retryAfter.milliseconds)
            headers.append(("Retry-After", String(max(1, (milliseconds + 999) / 1000))))
            headers.append(("retry-after-ms", String(max(1, milliseconds))))
        }
        if !isWorthRetrying {
            headers.append(("x-should-retry", "false"))
        }
        return headers
    }

    /// A refusal of the HTTP server, such as a 404, a 405 or a 413.
    package init(_ error: HTTPError) {
        let code: Code? =
            switch error.code {
            case .originNotAllowed: .originNotAllowed
            case .unknownURL: .unknownURL
            case .methodNotAllowed: .methodNotAllowed
            case .requestTooLarge: .requestTooLarge
            case .internalError: .internalError
            case .overloaded: .overloaded
            default: nil
            }
        self.init(
            status: error.status.code, message: error.message,
            type: error.status.code >= 500 ? .server : .invalidRequest, code: code)
    }
}
