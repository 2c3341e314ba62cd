public import HTTPTypes
public import Logging
public import Sockets
internal import Synchronization

/// A response that was collected in memory.
public struct CollectedResponse: Sendable {
    /// The head, with all fields but those of framing.
    public var head: HTTPResponse
    /// The whole body.
    public var body: [UInt8]
    /// Whether the response was streamed rather than sent whole.
    public var isStreamed: Bool
    /// Whether a streamed response was ended properly.
    public var isFinished: Bool
}

extension HTTPResponder {
    /// Answers a request in memory, without a connection, as the server would.
    ///
    /// - Parameters:
    ///   - request: The request.
    ///   - logger: Where the responder logs.
    ///   - peer: Who is asking.
    ///   - errorBody: Makes the bodies of errors.
    ///   - noteRefusal: Hears of errors that a responder does not answer itself.
    /// - Returns: The response.
    /// - Throws: What the responder threw after its response had begun.
    public func answer(
        _ request: Request,
        logger: Logger = Logger(label: "http"),
        from peer: SocketAddress? = nil,
        errorBody: @escaping @Sendable (HTTPError) -> ErrorBody = ErrorBody.plainText,
        noteRefusal: @escaping @Sendable (HTTPError) -> Void = { _ in }
    ) async throws -> CollectedResponse {
        let collector = ResponseCollector()
        let record = ResponseRecord()
        let context = RequestContext(
            requestID: RequestID.make(), peer: peer, response: record, logger: logger, sink: collector,
            errorBody: errorBody, noteRefusal: noteRefusal)
        do {
            let writer = ResponseWriter(sink: collector, record: record)
            try await respond(to: request, context: context, writer: writer)
        } catch {
            try await context.answer(error)
        }
        if record.status == nil {
            try await context.answer(HTTPError(.internalError, "The request was not answered."))
        }
        return collector.response
    }
}

private final class ResponseCollector: ResponseSink {
    // Written by the responder's tasks, read when they are done.
    private let collected = Mutex(
        CollectedResponse(
            head: HTTPResponse(status: .internalServerError), body: [], isStreamed: false, isFinished: false))

    var response: CollectedResponse { collected.withLock { $0 } }

    func send(_ head: HTTPResponse, body: [UInt8]) async throws(ResponseError) {
        collected.withLock {
            $0 = CollectedResponse(head: head, body: body, isStreamed: false, isFinished: true)
        }
    }

    func begin(_ head: HTTPResponse, firstBytes: [UInt8]) async throws(ResponseError) {
        collected.withLock {
            $0 = CollectedResponse(head: head, body: firstBytes, isStreamed: true, isFinished: false)
        }
    }

    func write(_ bytes: [UInt8]) async throws(ResponseError) {
        collected.withLock { $0.body += bytes }
    }

    func finish() async throws(ResponseError) {
        collected.withLock { $0.isFinished = true }
    }
}
