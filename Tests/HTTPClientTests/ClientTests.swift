import HTTP
import HTTPTypes
import Logging
import Sockets
import TLS
import TestSupport
import Testing

@testable import HTTPClient

@Suite struct ServerURLTests {
    @Test(arguments: [
        ("http://127.0.0.1:8000", "127.0.0.1", 8000, ""), ("localhost", "localhost", 80, ""),
        ("HTTP://h:1/v1/", "h", 1, "/v1"), ("http://[::1]:9/a/b?x#y", "::1", 9, "/a/b"),
        ("[fe80::1]", "fe80::1", 80, ""), ("https://h", "h", 443, ""), ("HTTPS://h:8443/v1", "h", 8443, "/v1"),
    ])
    func `a URL is host, port and prefix`(text: String, host: String, port: UInt16, prefix: String) throws {
        let url = try ServerURL(text)
        #expect(url.host == host && url.port == port && url.prefix == prefix)
        #expect(try ServerURL(url.description) == url)
    }

    @Test func `a Unix domain socket is a path`() throws {
        let url = try ServerURL("unix:/run/a b.sock")
        #expect(url.socketPath == "/run/a b.sock" && url.authority == "localhost" && !url.isSecure)
        #expect(try ServerURL(url.description) == url)
    }

    @Test(arguments: [
        "", "https://", "ftp://h", "http://", "http://h:0", "http://h:70000", "http://[::1", "u@h", "h:x", "unix:",
    ])
    func `what is no such URL is refused in one line`(text: String) {
        #expect(throws: ClientError.self) { try ServerURL(text) }
    }
}

@Suite struct ResourceURLTests {
    @Test(arguments: [
        ("https://a.example/x/y?z=1", "https://b.example:8443/c?d#e", "https://b.example:8443/c?d"),
        ("https://a.example/x/y?z=1", "/c", "https://a.example/c"),
        ("http://a.example:8080/x", "//b.example/c", "http://b.example/c"),
        ("http://a.example", "http://b?c", "http://b/?c"),
    ])
    func `a location is resolved`(from: String, location: String, to: String) throws {
        #expect(try ResourceURL(from).resolving(location).description == to)
    }

    @Test(arguments: ["c", "ftp://b/c", "http://", "/a b", "/a\r\nx: y", "http://a/\u{0}", "http://u:p@a/"])
    func `what is no place to go on is refused`(location: String) throws {
        let url = try ResourceURL("http://a/")
        #expect(throws: ClientError.self) { try url.resolving(location) }
    }
}

@Suite struct ClientProxyTests {
    @Test(
        arguments: [
            ("http://proxy:3128", "http://proxy:3128", nil), ("proxy:3128", "http://proxy:3128", nil),
            ("http://u:p%40ss@proxy:1", "http://proxy:1", "Basic dTpwQHNz"), ("u@proxy", "http://proxy", "Basic dQ=="),
        ] as [(String, String, String?)])
    func `an address may hold a name and a password`(text: String, server: String, authorization: String?) throws {
        let proxy = try ClientProxy(text)
        #expect(proxy.description == server && proxy.authorization == authorization)
    }

    @Test(arguments: ["socks5://u:secret@proxy:1", "https://u:secret@proxy", "http://u:secret@"])
    func `other proxies are refused without repeating a password`(text: String) {
        let error = #expect(throws: ClientError.self) { try ClientProxy(text) }
        #expect(error?.description.contains("secret") == false)
    }
}

@Suite struct ResponseParserTests {
    /// Parses a response cut at the given size: its status, body and whether it ended.
    private func parse(_ text: String, cut: Int, closes: Bool = false) throws -> (Int?, String, Bool) {
        var parser = ResponseParser()
        var body: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: cut) {
            var piece = bytes[start..<min(start + cut, bytes.count)]
            try parser.consume(&piece, body: &body)
            #expect(parser.isDone || piece.isEmpty)
        }
        if closes { try parser.end() }
        return (parser.response?.status, String(decoding: body, as: UTF8.self), parser.isDone)
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: t\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\ncontent-length: 5\n\nhello",
    ])
    func `a body is the same however its bytes were cut`(text: String) throws {
        for cut in 1...text.utf8.count {
            #expect(try parse(text, cut: cut) == (200, "hello", true))
        }
    }

    @Test func `a body without a length ends with the connection`() throws {
        #expect(try parse("HTTP/1.1 200 OK\r\n\r\nhel", cut: 3).2 == false)
        #expect(try parse("HTTP/1.1 200 OK\r\n\r\nhello", cut: 3, closes: true) == (200, "hello", true))
        #expect(throws: ClientError.self) {
            try parse("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", cut: 3, closes: true)
        }
    }

    @Test(arguments: [
        "SSH-2.0-x\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n", String(repeating: "a", count: 70_000),
    ])
    func `what is no answer is refused`(text: String) {
        #expect(throws: ClientError.self) { try parse(text, cut: 1000) }
    }

    @Test func `the answer to a HEAD has no body, whatever length it tells`() throws {
        var parser = ResponseParser(answersHead: true)
        var body: [UInt8] = []
        var bytes = Array("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nHTTP/1.1".utf8)[...]
        try parser.consume(&bytes, body: &body)
        #expect(parser.isDone && body.isEmpty && bytes.count == 8)
    }

    @Test func `no bytes make the parser fail`() {
        var random = SeededGenerator(seed: 5)
        let seed = Array("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8)
        for _ in 0..<2000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            var parser = ResponseParser()
            var body: [UInt8] = []
            var piece = bytes[...]
            try? parser.consume(&piece, body: &body)
            #expect(body.count <= bytes.count)
        }
    }
}

@Suite struct EventStreamParserTests {
    @Test func `events are their data, however the bytes were cut`() {
        let text = ": hello\n\ndata: a\n\nevent: x\ndata: b\r\ndata:c\r\rid: 1\ndata\n\ndata: unfinished\n"
        let expected = ["a", "b\nc", ""]
        let bytes = Array(text.utf8)
        for cut in 1...bytes.count {
            var parser = EventStreamParser()
            var events: [String] = []
            for start in stride(from: 0, to: bytes.count, by: cut) {
                events += parser.consume(bytes[start..<min(start + cut, bytes.count)]).map {
                    String(decoding: $0, as: UTF8.self)
                }
            }
            #expect(events == expected)
        }
    }
}

@Suite struct ClientConnectionTests {
    private static func server(tls: TLSContext? = nil) async throws -> (HTTPServer, ServerURL) {
        let routes = [
            Route(.post, "/echo") { request, _, writer in
                let body = try await request.body.collect(upTo: 1 << 20)
                try await writer.send(HTTPResponse(status: .ok), body: body)
            },
            Route(.get, "/stream") { _, _, writer in
                let head = HTTPResponse(status: .ok, headerFields: ServerSentEvents.headers)
                var body = try await writer.writeHead(head)
                for number in 0..<3 {
                    var frame: [UInt8] = []
                    ServerSentEvents.append(data: Array("\(number)".utf8), to: &frame)
                    try await body.write(frame)
                }
                try await body.finish()
            },
        ]
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var configuration = HTTPServerConfiguration(addresses: [.ipv4(host: "127.0.0.1", port: 0)])
        configuration.tls = tls
        let server = HTTPServer(configuration: configuration, responder: Router(routes), logger: logger)
        let port = try await server.start().first?.port ?? 0
        return (server, try ServerURL("\(tls == nil ? "http" : "https")://127.0.0.1:\(port)"))
    }

    @Test func `requests follow each other on one connection`() async throws {
        let (server, url) = try await Self.server()
        let texts = try await blocking {
            let connection = ClientConnection(to: url, timeout: .seconds(60))
            var texts: [String] = []
            for number in 0..<5 {
                let response = try connection.send("POST", "/echo", json: Array("[\(number)]".utf8))
                #expect(response.status == 200)
                texts.append(String(decoding: try connection.collectBody(), as: UTF8.self))
            }
            _ = try connection.send("GET", "/stream")
            var parser = EventStreamParser()
            while let bytes = try connection.readBody() {
                texts += parser.consume(bytes).map { String(decoding: $0, as: UTF8.self) }
            }
            return texts
        }
        #expect(texts == ["[0]", "[1]", "[2]", "[3]", "[4]", "0", "1", "2"])
        await server.shutDown(grace: .zero)
        await #expect(throws: ClientError.self) {
            try await blocking { _ = try ClientConnection(to: url, timeout: .seconds(2)).send("GET", "/stream") }
        }
    }

    @Test func `a request may be any bytes, and whoever hangs up begins anew`() async throws {
        let (server, url) = try await Self.server()
        try await blocking {
            let connection = ClientConnection(to: url, timeout: .seconds(60))
            let request = Array(
                "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n".utf8)
            for _ in 0..<2 {
                let status = try connection.send(raw: request).status
                let body = try connection.collectBody()
                #expect(status == 200 && body == Array("ab".utf8))
            }
            #expect(connection.connectionCount == 1)
            _ = try connection.send("GET", "/stream")
            connection.close()
            let status = try connection.send(raw: request).status
            #expect(status == 200 && connection.connectionCount == 2)
        }
        await server.shutDown(grace: .zero)
    }

    @Test func `a server that speaks TLS has to prove who it is`() async throws {
        let files = try Certificates.shared.get()
        let (server, url) = try await Self.server(
            tls: .server([files.server]))
        @Sendable func echo(_ tls: TLSContext?, _ url: ServerURL) throws -> String {
            let connection = ClientConnection(to: url, tls: tls, timeout: .seconds(60))
            let text = Array(String(repeating: "x", count: 200_000).utf8)
            let response = try connection.send("POST", "/echo", json: text)
            return try "\(response.status) \(connection.collectBody() == text)"
        }
        let (trusting, blind) = (
            try TLSContext.client(authority: files.authority), try TLSContext.client(isUnverified: true)
        )
        #expect(try await blocking { try echo(trusting, url) } == "200 true")
        #expect(try await blocking { try echo(blind, url) } == "200 true")
        let refusal = try await blocking { #expect(throws: ClientError.self) { try echo(nil, url) } }
        #expect(refusal?.description.contains("certificate verify failed: unable to get local issuer") == true)
        await server.shutDown(grace: .zero)
    }

    @Test func `a proxy passes plain requests on, and is asked for a tunnel to servers with TLS`() async throws {
        let (server, url) = try await Self.server()
        let proxy = try ClientProxy("u:p@\(url.authority)")
        @Sendable func send(to text: String) throws -> Int {
            let connection = ClientConnection(
                to: try ServerURL(text), tls: try .client(isUnverified: true), timeout: .seconds(60))
            connection.proxy = proxy
            return try connection.send("GET", "/stream", fields: [(name: "Range", value: "bytes=0-")]).status
        }
        // A server that is no proxy refuses both: the host is nowhere, so that only the proxy can have answered.
        #expect(try await blocking { try send(to: "http://nowhere.invalid") } != 0)
        let error = try await blocking { #expect(throws: ClientError.self) { try send(to: "https://nowhere.invalid") } }
        #expect(error?.description.contains("the proxy \(url) answers") == true)
        await server.shutDown(grace: .zero)
    }

    @Test func `a server without TLS is told apart`() async throws {
        let (server, url) = try await Self.server()
        let secure = try ServerURL("https://\(url.authority)")
        let error = try await blocking {
            #expect(throws: ClientError.self) {
                try ClientConnection(to: secure, tls: .client(isUnverified: true), timeout: .seconds(60)).send(
                    "GET", "/")
            }
        }
        #expect(error?.description == "\(secure): the server does not speak TLS")
        await server.shutDown(grace: .zero)
    }
}
