public import HTTPTypes

/// Why a response could not be sent.
public enum ResponseError: Error, Sendable, Equatable {
    /// The connection is gone: the peer closed it, or read nothing for too long.
    case peerGone
    /// The task that was writing was cancelled while it waited for room.
    case cancelled
    /// A response to this request has begun already, or has ended.
    case alreadyAnswered
}

/// Where a response's pieces go: a connection, or memory.
package protocol ResponseSink: Sendable {
    /// Sends a whole response. The head has its final fields but the framing ones.
    func send(_ head: HTTPResponse, body: [UInt8]) async throws(ResponseError)
    /// Sends the head of a streamed response together with its first bytes, if any.
    func begin(_ head: HTTPResponse, firstBytes: [UInt8]) async throws(ResponseError)
    /// Sends more bytes. Waits while too many are outstanding.
    func write(_ bytes: [UInt8]) async throws(ResponseError)
    /// Ends a streamed response.
    func finish() async throws(ResponseError)
}

/// The one chance to answer a request. Dropped unused, the server answers 500.
public struct ResponseWriter: ~Copyable, Sendable {
    private let sink: any ResponseSink
    private let record: ResponseRecord

    package init(sink: any ResponseSink, record: ResponseRecord) {
        self.sink = sink
        self.record = record
    }

    /// Sends a whole response; its `content-length` is set here.
    public consuming func send(_ response: HTTPResponse, body: [UInt8] = []) async throws(ResponseError) {
        var head = response
        guard record.begin(&head) else { throw .alreadyAnswered }
        record.wrote(byteCount: body.count)
        let encoded = record.acceptsGzip ? Compression.encode(body, head: &head) : body
        try await sink.send(head, body: encoded)
        record.finished()
    }

    /// Sends the head of a streamed response, in one write with its first bytes if there are some.
    public consuming func writeHead(
        _ response: HTTPResponse,
        followedBy firstBytes: [UInt8] = []
    ) async throws(ResponseError) -> BodyWriter {
        var head = response
        guard record.begin(&head) else { throw .alreadyAnswered }
        record.wrote(byteCount: firstBytes.count)
        let encoder = record.compressesStreams ? Compression.streamEncoder(for: &head) : nil
        try await sink.begin(head, firstBytes: encoder.map { $0.encode(firstBytes) } ?? firstBytes)
        return BodyWriter(sink: sink, record: record, encoder: encoder)
    }
}

/// The body of a response that is streamed. Dropped without `finish()`, the connection is broken off.
public struct BodyWriter: ~Copyable, Sendable {
    private let sink: any ResponseSink
    private let record: ResponseRecord
    private let encoder: GzipStreamEncoder?

    init(sink: any ResponseSink, record: ResponseRecord, encoder: GzipStreamEncoder?) {
        self.sink = sink
        self.record = record
        self.encoder = encoder
    }

    /// Sends bytes. Returns at once as a rule; waits while more than the high-water mark is outstanding.
    public mutating func write(_ bytes: [UInt8]) async throws(ResponseError) {
        guard !bytes.isEmpty else { return }
        record.wrote(byteCount: bytes.count)
        try await sink.write(encoder?.encode(bytes) ?? bytes)
    }

    /// Ends the response.
    public consuming func finish() async throws(ResponseError) {
        if let encoder { try await sink.write(encoder.finish()) }
        try await sink.finish()
        record.finished()
    }
}
