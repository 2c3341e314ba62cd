internal import HTTPTypes
public import Logging
public import Sockets

/// What is known about a request besides what the client said.
public struct RequestContext: Sendable {
    /// Names the request in logs and in the response's `x-request-id`.
    public let requestID: String
    /// Who is asking, or nil when that is not known: the other end of the connection, or whom a trusted proxy asks for.
    public internal(set) var peer: SocketAddress?
    /// What has become of the response.
    public let response: ResponseRecord
    /// The values of the route's parameters, percent-decoded.
    public internal(set) var parameters: [String: String] = [:]

    /// Who asks, as middleware found out, for what lies behind it.
    package var caller: (any Sendable)?

    /// The trace that the request is part of.
    var traceParent: TraceParent?

    /// The server's.
    let baseLogger: Logger
    private let sink: any ResponseSink
    package var errorBody: @Sendable (HTTPError) -> ErrorBody
    private let noteRefusal: @Sendable (HTTPError) -> Void

    package init(
        requestID: String,
        peer: SocketAddress?,
        response: ResponseRecord,
        logger: Logger,
        sink: any ResponseSink,
        errorBody: @escaping @Sendable (HTTPError) -> ErrorBody,
        noteRefusal: @escaping @Sendable (HTTPError) -> Void = { _ in }
    ) {
        self.requestID = requestID
        self.peer = peer
        self.response = response
        self.baseLogger = logger
        self.sink = sink
        self.errorBody = errorBody
        self.noteRefusal = noteRefusal
    }

    /// A logger whose lines carry the request's id.
    public var logger: Logger {
        var logger = baseLogger
        for (key, value) in loggerMetadata { logger[metadataKey: key] = value }
        return logger
    }

    /// What names the request in logs.
    var loggerMetadata: Logger.Metadata {
        var metadata = Logger.Metadata(minimumCapacity: 8)
        metadata["request_id"] = .string(requestID)
        if let traceParent { metadata["trace_id"] = .string(traceParent.traceID) }
        return metadata
    }

    /// Answers with an error, unless a response has begun: then the connection is left to be broken off.
    package func answer(_ error: any Error) async throws {
        guard response.status == nil else { throw error }
        if let error = error as? ResponseError { throw error }
        switch error {
        case BodyError.peerGone, BodyError.cancelled: throw error
        default: break
        }
        let refusal = HTTPError(describing: error)
        noteRefusal(refusal)
        if refusal.code == .internalError { logger.error("request failed", metadata: ["error": "\(error)"]) }
        let body = errorBody(refusal)
        var head = HTTPResponse(status: refusal.status, headerFields: refusal.headers)
        head.headerFields[.contentType] = body.contentType
        try await ResponseWriter(sink: sink, record: response).send(head, body: body.bytes)
    }
}
