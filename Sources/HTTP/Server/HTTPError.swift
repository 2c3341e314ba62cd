public import HTTPTypes

/// An answer that refuses a request: with it the server answers before a responder is reached, and a responder may
/// throw it. Its body is made by the server's `errorBody`.
public struct HTTPError: Error, Sendable, Equatable {
    /// The kinds of refusal that the server itself knows, by the name clients may test for.
    public enum Code: String, Sendable {
        case badRequest = "bad_request"
        case requestTimeout = "request_timeout"
        case requestTooLarge = "request_too_large"
        case targetTooLong = "uri_too_long"
        case headersTooLarge = "headers_too_large"
        case expectationFailed = "expectation_failed"
        case unsupportedMediaType = "unsupported_media_type"
        case originNotAllowed = "origin_not_allowed"
        case unknownURL = "unknown_url"
        case methodNotAllowed = "method_not_allowed"
        case notImplemented = "not_implemented"
        case versionNotSupported = "http_version_not_supported"
        case internalError = "internal_error"
        case shuttingDown = "shutting_down"
        case overloaded
    }

    /// The kind of refusal.
    public var code: Code
    /// One sentence for a person.
    public var message: String
    /// Further header fields of the answer, such as `allow`.
    public var headers: HTTPFields

    /// A refusal of the given kind.
    public init(_ code: Code, _ message: String, headers: HTTPFields = [:]) {
        self.code = code
        self.message = message
        self.headers = headers
    }

    /// The status that goes with the kind.
    public var status: HTTPResponse.Status {
        switch code {
        case .badRequest: .badRequest
        case .requestTimeout: .requestTimeout
        case .requestTooLarge: .contentTooLarge
        case .targetTooLong: .uriTooLong
        case .headersTooLarge: .requestHeaderFieldsTooLarge
        case .expectationFailed: .expectationFailed
        case .unsupportedMediaType: .unsupportedMediaType
        case .originNotAllowed: .forbidden
        case .unknownURL: .notFound
        case .methodNotAllowed: .methodNotAllowed
        case .notImplemented: .notImplemented
        case .versionNotSupported: .httpVersionNotSupported
        case .internalError: .internalServerError
        case .shuttingDown, .overloaded: .serviceUnavailable
        }
    }

    /// The refusal that an error thrown by a responder amounts to.
    public init(describing error: any Error) {
        switch error {
        case let error as HTTPError: self = error
        case BodyError.tooLarge(let limit):
            self.init(.requestTooLarge, "The request body is larger than the limit of \(limit) bytes.")
        case BodyError.malformed(let reason): self.init(.badRequest, "The request body is malformed: \(reason).")
        case BodyError.noRoom:
            self.init(
                .overloaded, "The memory for requests that are being read is taken; try again soon.",
                headers: [.retryAfter: "1"])
        case BodyError.timedOut: self.init(.requestTimeout, "The request body did not arrive in time.")
        case is CancellationError: self.init(.shuttingDown, "The server is shutting down.")
        default: self.init(.internalError, "The server could not answer this request.")
        }
    }
}

/// The body of an error's answer.
public struct ErrorBody: Sendable, Equatable {
    /// The value of `content-type`.
    public var contentType: String
    /// The bytes.
    public var bytes: [UInt8]

    /// A body of the given type.
    public init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }

    /// The message as a line of plain text.
    public static func plainText(_ error: HTTPError) -> ErrorBody {
        ErrorBody(contentType: "text/plain; charset=utf-8", bytes: Array("\(error.message)\n".utf8))
    }
}
