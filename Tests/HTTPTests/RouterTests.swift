import HTTPTypes
import Testing

@testable import HTTP

struct RouterTests {
    private let router = Router([
        Route(.get, "/v1/models") { _, _, writer in
            try await writer.send(HTTPResponse(status: .ok), body: Array("list".utf8))
        },
        Route(.get, "/v1/models/{id}") { _, context, writer in
            try await writer.send(HTTPResponse(status: .ok), body: Array((context.parameters["id"] ?? "").utf8))
        },
        Route(.post, "/v1/models/{id}/load") { _, context, writer in
            try await writer.send(HTTPResponse(status: .ok), body: Array("load \(context.parameters["id"] ?? "")".utf8))
        },
        Route(.post, "/large") { request, _, writer in
            let body = try await request.body.collect(upTo: 2_000)
            var head = HTTPResponse(status: .ok)
            head.headerFields[.contentType] = "application/json"
            try await writer.send(head, body: body)
        },
    ])

    private func text(_ method: HTTPRequest.Method, _ target: String) async throws -> String {
        String(decoding: try await router.answer(Request(method: method, target: target)).body, as: UTF8.self)
    }

    @Test func idsMayHoldSlashesEncodedOrNot() async throws {
        #expect(try await text(.get, "/v1/models") == "list")
        #expect(try await text(.get, "/v1/%6Dodels?x=/") == "list")
        #expect(try await text(.get, "/v1/models/Qwen/Qwen3-0.6B") == "Qwen/Qwen3-0.6B")
        #expect(try await text(.get, "/v1/models/Qwen%2FQwen3-0.6B?x") == "Qwen/Qwen3-0.6B")
        #expect(try await text(.post, "/v1/models/Qwen%2FQwen3/load") == "load Qwen/Qwen3")
    }

    @Test func unknownPathsAndMethodsAreToldApart() async throws {
        #expect(try await router.answer(Request(method: .get, target: "/v1")).head.status == .notFound)
        #expect(try await router.answer(Request(method: .get, target: "/v1/models/")).head.status == .notFound)
        let refused = try await router.answer(Request(method: .delete, target: "/v1/models"))
        #expect(refused.head.status == .methodNotAllowed)
        #expect(refused.head.headerFields[.allow] == "GET, HEAD, OPTIONS")
        let options = try await router.answer(Request(method: .options, target: "/v1/models"))
        #expect(options.head.status == .noContent)
    }

    @Test func bodiesAreLimitedBeforeAndAfterDecompression() async throws {
        let plain = try await router.answer(
            Request(method: .post, target: "/large", body: RequestBody([UInt8](repeating: 1, count: 2_001))))
        #expect(plain.head.status == .contentTooLarge)
        let bomb = try #require(GzipEncoder.encode([UInt8](repeating: 1, count: 1_000_000)))
        let compressed = router.behind([Compression()])
        let refused = try await compressed.answer(
            Request(
                method: .post, target: "/large", headers: [.contentEncoding: "gzip"],
                body: RequestBody(Array(bomb.prefix(1_900)))))
        #expect(refused.head.status == .contentTooLarge)
        let broken = try await compressed.answer(
            Request(method: .post, target: "/large", headers: [.contentEncoding: "gzip"], body: RequestBody([1, 2, 3])))
        #expect(broken.head.status == .badRequest)
    }

    /// What zlib makes of 1,500 letters `a`, without the format's frame.
    private static let raw: [UInt8] = [75, 76, 28, 5, 163, 96, 20, 140, 130, 81, 48, 220, 0, 0]
    private static let framed: [UInt8] = [120, 218] + raw + [161, 48, 56, 123]

    @Test(arguments: [raw, framed]) func deflatedBodiesAreReadWithTheirFrameAndWithout(bytes: [UInt8]) async throws {
        let body = [UInt8](repeating: UInt8(ascii: "a"), count: 1_500)
        let compressed = router.behind([Compression()])
        let answered = try await compressed.answer(
            Request(method: .post, target: "/large", headers: [.contentEncoding: "Deflate"], body: RequestBody(bytes)))
        #expect(answered.head.status == .ok)
        #expect(answered.body == body)
        #expect(throws: BodyError.tooLarge(limit: 1_499)) { try BodyDecoder.decode(bytes, .deflate, limit: 1_499) }
        for broken in [Array(bytes.dropLast()), bytes + [0], [120, 218, 1], []] {
            #expect(throws: BodyError.self) { try BodyDecoder.decode(broken, .deflate, limit: 1_500) }
        }
    }

    @Test func codingsThatAreNotReadAreRefused() async throws {
        let refused = try await router.behind([Compression()]).answer(
            Request(method: .post, target: "/large", headers: [.contentEncoding: "br"], body: RequestBody([1])))
        #expect(refused.head.status == .unsupportedMediaType)
    }

    @Test func jsonIsCompressedForThoseWhoAcceptIt() async throws {
        let body = [UInt8](repeating: UInt8(ascii: "a"), count: 1_500)
        let compressed = router.behind([Compression()])
        let small = try await compressed.answer(
            Request(
                method: .post, target: "/large", headers: [.acceptEncoding: "br, gzip;q=0.5"], body: RequestBody(body)))
        #expect(small.head.headerFields[.contentEncoding] == "gzip")
        #expect(try BodyDecoder.decode(small.body, .gzip, limit: 1_500) == body)
        #expect(throws: BodyError.tooLarge(limit: 1_499)) { try BodyDecoder.decode(small.body, .gzip, limit: 1_499) }
        let cut = Array(small.body.dropLast(3))
        #expect(throws: BodyError.self) { try BodyDecoder.decode(cut, .gzip, limit: 1_500) }
        let twice = try BodyDecoder.decode(small.body + small.body, .gzip, limit: 3_000)
        #expect(twice == body + body)
        let whole = try await compressed.answer(
            Request(method: .post, target: "/large", headers: [.acceptEncoding: "gzip;q=0, *"], body: RequestBody(body))
        )
        #expect(whole.head.headerFields[.contentEncoding] == nil && whole.body == body)
    }

    @Test func crossOriginCallsAreAnsweredOnlyForAllowedOrigins() async throws {
        let open = router.behind([CORS(origins: .only(["https://chat.example"]))])
        let allowed = try await open.answer(
            Request(method: .get, target: "/nope", headers: [.origin: "https://chat.example"]))
        #expect(allowed.head.headerFields[.accessControlAllowOrigin] == "https://chat.example")
        let other = try await open.answer(
            Request(method: .get, target: "/nope", headers: [.origin: "https://b.example"]))
        #expect(other.head.headerFields[.accessControlAllowOrigin] == nil)
        let preflight = try await open.answer(
            Request(
                method: .options, target: "/large",
                headers: [.origin: "https://chat.example", .accessControlRequestMethod: "POST"]))
        #expect(preflight.head.status == .noContent)
        #expect(preflight.head.headerFields[.accessControlAllowMethods]?.contains("POST") == true)
    }

    @Test(arguments: [
        (nil, "evil.example", 200), ("http://127.0.0.1:8000", "127.0.0.1:8000", 200), ("https://[::1]", "[::1]", 200),
        ("http://localhost:8000", "LOCALHOST:8000", 200), ("http://box:8000", "box:8000", 200),
        ("https://chat.example", "127.0.0.1:8000", 200), ("chrome-extension://abc", "127.0.0.1", 200),
        ("https://other.example", "127.0.0.1:8000", 403), ("http://localhost:3000", "localhost:8000", 403),
        ("null", "127.0.0.1", 403), ("http://127.0.0.1:8000", "127.0.0.1", 403), ("http://", "", 403),
        // A name that was made to point here.
        ("http://evil.example:8000", "evil.example:8000", 403),
        ("http://127.0.0.1.evil.example", "127.0.0.1.evil.example", 403),
        ("http://evil.example.", "evil.example.", 403),
    ])
    func pagesOfElsewhereMayNotCall(origin: String?, host: String, status: Int) async throws {
        let guarded = router.behind([OriginCheck(allowed: .only(["https://chat.example"]))])
        var headers: HTTPFields = [.host: host]
        headers[.origin] = origin
        let response = try await guarded.answer(Request(method: .get, target: "/v1/models", headers: headers))
        #expect(response.head.status.code == status)
        let open = router.behind([OriginCheck(allowed: .any)])
        #expect(try await open.answer(Request(method: .get, target: "/v1/models", headers: headers)).head.status == .ok)
    }

    @Test func requestIDsOfClientsAreKeptIfTheyAreHarmless() {
        #expect(RequestID.accept("abc-123") == "abc-123")
        for hostile in ["", "a b", "a\"b", "a\nb", String(repeating: "a", count: 129)] {
            #expect(RequestID.accept(hostile).hasPrefix("req_"))
        }
        #expect(RequestID.make() != RequestID.make())
    }

    @Test func datesReadAsHTTPWantsThem() {
        #expect(HTTPDate.format(secondsSince1970: 784_111_777) == Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8))
        #expect(HTTPDate.format(secondsSince1970: 0) == Array("Thu, 01 Jan 1970 00:00:00 GMT".utf8))
        #expect(HTTPDate.format(secondsSince1970: 1_709_208_000) == Array("Thu, 29 Feb 2024 12:00:00 GMT".utf8))
    }
}
