internal import HTTPTypes
internal import Logging
internal import Sockets

/// One request of a connection as its task sees it: the body's source and the response's sink.
struct RequestExchange: RequestBodySource, ResponseSink {
    let connection: HTTPConnection
    let number: Int

    func nextPart() async throws(BodyError) -> [UInt8]? {
        try await connection.nextBodyPart(of: number)
    }

    func send(_ head: HTTPResponse, body: [UInt8]) async throws(ResponseError) {
        try await connection.send(head, body: body, number: number)
    }

    func begin(_ head: HTTPResponse, firstBytes: [UInt8]) async throws(ResponseError) {
        try await connection.begin(head, firstBytes: firstBytes, number: number)
    }

    func write(_ bytes: [UInt8]) async throws(ResponseError) {
        try await connection.write(bytes, number: number)
    }

    func finish() async throws(ResponseError) {
        try await connection.finish(number: number)
    }

    /// Has the request answered, in the calling task.
    func answer(head: RequestHead, body: RequestBody, requestID: String, peer: SocketAddress?) async {
        let service = connection.service
        let record = ResponseRecord()
        var context = RequestContext(
            requestID: requestID, peer: peer, response: record, logger: service.logger, sink: self,
            errorBody: service.configuration.errorBody, noteRefusal: service.configuration.noteRefusal)
        if let trace = TraceParent(head.headers) {
            context.traceParent = trace
            record.changeHead { trace.apply(to: &$0) }
        }
        let request = Request(method: head.method, target: head.target, headers: head.headers, body: body)
        do {
            let writer = ResponseWriter(sink: self, record: record)
            try await service.responder.respond(to: request, context: context, writer: writer)
            if record.status == nil {
                context.logger.error("a responder did not answer", metadata: ["target": "\(head.target)"])
                try await context.answer(HTTPError(.internalError, "The server did not answer this request."))
            }
        } catch {
            do {
                try await context.answer(error)
            } catch {
                context.logger.debug("response broken off", metadata: ["error": "\(error)"])
            }
        }
        if !record.isFinished { await connection.abandoned(number: number) }
    }
}
