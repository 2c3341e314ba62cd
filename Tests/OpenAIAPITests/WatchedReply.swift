import HTTP
import HTTPTypes
import JSON
import Logging
import ServingTestSupport
import Synchronization
import Testing

/// A connection whose other side is a test: it sees each write as it comes, and may go away.
final class WatchedReply: ResponseSink {
    private let written = Mutex("")
    private let didWrite: @Sendable (_ textSoFar: String) throws -> Void

    /// `didWrite` is told all that was written after each write; what it throws means that the peer is gone.
    init(didWrite: @escaping @Sendable (_ textSoFar: String) throws -> Void) {
        self.didWrite = didWrite
    }

    var text: String { written.withLock { $0 } }

    func send(_ head: HTTPResponse, body: [UInt8]) async throws(ResponseError) { try add(body) }
    func begin(_ head: HTTPResponse, firstBytes: [UInt8]) async throws(ResponseError) { try add(firstBytes) }
    func write(_ bytes: [UInt8]) async throws(ResponseError) { try add(bytes) }
    func finish() async throws(ResponseError) {}

    private func add(_ bytes: [UInt8]) throws(ResponseError) {
        let text = written.withLock { text in
            text += String(decoding: bytes, as: UTF8.self)
            return text
        }
        do {
            try didWrite(text)
        } catch {
            throw .peerGone
        }
    }
}

extension APIClient {
    /// Streams a chat reply into the watched connection.
    func stream(_ body: JSONValue, headers: HTTPFields = [:], to reply: WatchedReply) async throws {
        let record = ResponseRecord()
        let context = RequestContext(
            requestID: "req_1", peer: nil, response: record, logger: Logger(label: "test"), sink: reply,
            errorBody: ErrorBody.plainText)
        let request = Request(
            method: .post, target: "/v1/chat/completions", headers: headers,
            body: RequestBody(body.serializedBytes()))
        try await responder.respond(
            to: request, context: context, writer: ResponseWriter(sink: reply, record: record))
    }
}
