import CZlib
import HTTPTypes
import Testing

@testable import HTTP

@Suite struct GzipStreamTests {
    /// Decodes a stream as it comes.
    struct Reader: ~Copyable {
        private var stream: ZlibStream

        init() throws {
            guard let stream = ZlibStream(.decode, .gzip) else { throw BodyError.malformed("no memory") }
            self.stream = stream
        }

        mutating func decode(_ bytes: [UInt8]) -> (text: String, hasEnded: Bool) {
            var piece = [UInt8](repeating: 0, count: 100_000)
            let step = stream.step(bytes, from: 0, into: &piece, flush: Z_NO_FLUSH)
            return (String(decoding: piece[..<step.produced], as: UTF8.self), step.status == Z_STREAM_END)
        }
    }

    private static let events = Route(.get, "/events") { _, _, writer in
        let head = HTTPResponse(status: .ok, headerFields: ServerSentEvents.headers)
        var body = try await writer.writeHead(head, followedBy: Array("data: first\n\n".utf8))
        for number in 0..<3 { try await body.write(Array("data: \(number)\n\n".utf8)) }
        try await body.finish()
    }

    private static let bytes = Route(.get, "/bytes") { _, _, writer in
        let body = try await writer.writeHead(
            HTTPResponse(status: .ok, headerFields: [.contentType: "application/octet-stream"]), followedBy: [1, 2, 3])
        try await body.finish()
    }

    private func answer(_ path: String, accepts: String?, streams: Bool = true) async throws -> CollectedResponse {
        var headers: HTTPFields = [:]
        headers[.acceptEncoding] = accepts
        return try await Router([Self.events, Self.bytes]).behind([Compression(streams: streams)])
            .answer(Request(method: .get, target: path, headers: headers))
    }

    @Test func `each event can be read before the next is written`() throws {
        let encoder = try #require(GzipStreamEncoder())
        var reader = try Reader()
        var random = SeededGenerator(state: 3)
        for _ in 0..<200 {
            // Longer than the encoder's piece at times, and hard to compress.
            let text = String(
                (0..<Int.random(in: 0...9_000, using: &random)).map { _ in
                    Character(Unicode.Scalar(UInt8.random(in: 32...126, using: &random)))
                })
            let read = reader.decode(encoder.encode(Array(text.utf8)))
            #expect(read.text == text)
            #expect(!read.hasEnded)
        }
        let end = reader.decode(encoder.finish())
        #expect(end.text == "" && end.hasEnded)
    }

    @Test func `a stream is compressed where its client accepts that`() async throws {
        let response = try await answer("/events", accepts: "gzip, deflate")
        #expect(response.head.headerFields[.contentEncoding] == "gzip")
        #expect(response.head.headerFields[.vary] == "accept-encoding")
        let text = try BodyDecoder.decode(response.body, .gzip, limit: 1_000)
        #expect(String(decoding: text, as: UTF8.self) == "data: first\n\ndata: 0\n\ndata: 1\n\ndata: 2\n\n")
        #expect(response.isFinished)
    }

    @Test(arguments: [nil, "identity", "gzip;q=0"]) func `and is left alone otherwise`(accepts: String?) async throws {
        let response = try await answer("/events", accepts: accepts)
        #expect(response.head.headerFields[.contentEncoding] == nil)
        #expect(response.body.starts(with: Array("data: first".utf8)))
    }

    @Test func `and where the setting does not permit it, or it is none of events`() async throws {
        #expect(try await answer("/events", accepts: "gzip", streams: false).head.headerFields[.contentEncoding] == nil)
        #expect(try await answer("/bytes", accepts: "gzip").body == [1, 2, 3])
    }
}
