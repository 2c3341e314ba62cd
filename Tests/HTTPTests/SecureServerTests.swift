import HTTPTypes
import Synchronization
import TLS
import TestSupport
import Testing

@testable import HTTP

@Suite(.timeLimit(.minutes(10)))
struct SecureServerTests {
    private let files: Certificates
    private let trust: TLSContext

    init() throws {
        files = try Certificates.shared.get()
        trust = try .client(authority: files.authority)
    }

    private func start(
        _ routes: [Route] = [HTTPServerTests.hello, HTTPServerTests.echo], clientAuthority: String? = nil,
        configure: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) async throws -> TestServer {
        let context = try TLSContext.server([files.server], clientAuthority: clientAuthority)
        return try await TestServer.start(routes) {
            $0.tls = context
            configure(&$0)
        }
    }

    @Test(arguments: [1, 100, .max]) func requestsAreAnsweredHoweverTheirRecordsWereCut(cut: Int) async throws {
        let test = try await start()
        let client = try SecureClient(test.connect(), trust, cut: cut)
        try await client.handshake()
        for _ in 0..<3 {
            client.send(HTTPServerTests.get)
            let reply = await client.receive(until: "hello")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n") && reply.hasSuffix("hello"))
        }
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        #expect(await client.receiveAll().hasSuffix("hello"))
        #expect(client.wasToldTheEnd)
        await test.server.shutDown(grace: .seconds(5))
        #expect(test.server.connectionCount == 0)
    }

    @Test func largeBodiesGoBothWays() async throws {
        let test = try await start()
        let client = try SecureClient(test.connect(), trust)
        try await client.handshake()
        let body = String(repeating: "0123456789abcdef", count: 40_000)
        client.send(
            "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
        #expect(await client.receiveAll().hasSuffix("\r\n\r\n" + body))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aWriterWaitsForASlowReaderAndGoesOn() async throws {
        let (written, pieceCount) = (Counter(), 400)
        let test = try await start([
            Route(.get, "/stream") { _, _, writer in
                var body = try await writer.writeHead(HTTPResponse(status: .ok))
                for index in 0..<pieceCount {
                    try await body.write([UInt8](repeating: UInt8(97 + index % 26), count: 65_536))
                    written.value.add(1, ordering: .relaxed)
                }
                try await body.finish()
            }
        ])
        let client = try SecureClient(RawClient(port: test.port, receiveBufferByteCount: 16_384), trust)
        try await client.handshake()
        client.send("GET /stream HTTP/1.0\r\n\r\n")
        var before = -1
        while before != written.value.load(ordering: .relaxed) {
            before = written.value.load(ordering: .relaxed)
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(before < pieceCount)
        let received = await client.receiveAllBytes()
        let body = received.suffix(pieceCount * 65_536)
        #expect(body.count == pieceCount * 65_536 && received.count > body.count)
        for index in [0, 1, 200, pieceCount - 1] {
            #expect(body.dropFirst(index * 65_536).prefix(65_536).allSatisfy { $0 == UInt8(97 + index % 26) })
        }
        #expect(client.wasToldTheEnd)
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func aResponseThatBreaksOffDoesNotLookComplete() async throws {
        struct Oops: Error {}
        let test = try await start([
            Route(.get, "/breaks") { _, _, writer in
                var body = try await writer.writeHead(HTTPResponse(status: .ok))
                try await body.write(Array("half".utf8))
                throw Oops()
            }
        ])
        let client = try SecureClient(test.connect(), trust)
        try await client.handshake()
        client.send("GET /breaks HTTP/1.0\r\n\r\n")
        #expect(await client.receiveAll().hasSuffix("half"))
        #expect(!client.wasToldTheEnd)
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func requestsWithoutTLSAreToldSo() async throws {
        let test = try await start()
        let plain = try test.connect()
        plain.send(HTTPServerTests.get)
        let reply = await plain.receiveAll()
        #expect(reply.hasPrefix("HTTP/1.1 400") && reply.hasSuffix("This port speaks TLS: use https:// here.\n"))
        let noise = try test.connect()
        noise.send([0, 1, 2, 3] + [UInt8](repeating: 0xff, count: 2_000))
        #expect(!(await noise.receiveAll()).contains("HTTP"))
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func handshakesThatStopAreGivenUp() async throws {
        let test = try await start { $0.limits.headTimeout = .milliseconds(200) }
        let silent = try test.connect()
        #expect(await silent.receive().isEmpty)
        let half = try test.connect()
        let session = try TLSSession(trust, serverName: "localhost")
        _ = session.handshake()
        half.send(Array(session.takeOutput().prefix(50)))
        #expect(await half.receive().isEmpty)
        let idle = try SecureClient(test.connect(), trust)
        try await idle.handshake()
        #expect(await idle.receiveAll() == "")
        await test.server.shutDown(grace: .seconds(5))
        #expect(test.server.connectionCount == 0)
    }

    @Test func aNewCertificateIsForNewConnections() async throws {
        let test = try await start()
        let old = try SecureClient(test.connect(), trust)
        try await old.handshake()
        test.server.replaceTLS(
            with: try .server([files.stranger]))
        let refusing = try SecureClient(test.connect(), trust)
        await #expect(throws: TLSError.self) { try await refusing.handshake() }
        let new = try SecureClient(test.connect(), .client(authority: files.stranger.certificate))
        try await new.handshake()
        for client in [old, new] {
            client.send(HTTPServerTests.get)
            #expect(await client.receive(until: "hello").hasSuffix("hello"))
        }
        await test.server.shutDown(grace: .seconds(5))
    }

    @Test func whoeverMustBringACertificateIsRefusedWithout() async throws {
        let test = try await start(clientAuthority: files.authority)
        let client = try SecureClient(test.connect(), trust)
        // Of TLS 1.3 a client learns it only behind its own part of the handshake.
        try? await client.handshake()
        client.send(HTTPServerTests.get)
        #expect(await client.receiveAll() == "")
        #expect(!client.wasToldTheEnd)
        await test.server.shutDown(grace: .seconds(5))
    }
}

/// A raw client behind TLS, whose records are sent in pieces.
final class SecureClient: Sendable {
    private let raw: RawClient
    private let session: TLSSession
    private let cut: Int
    private let ended = Mutex(false)

    init(_ raw: RawClient, _ context: TLSContext, cut: Int = .max) throws {
        self.raw = raw
        self.cut = cut
        session = try TLSSession(context, serverName: "localhost")
    }

    /// Whether the server has said that nothing more will come.
    var wasToldTheEnd: Bool { ended.withLock { $0 } }

    func handshake() async throws {
        while !session.isEstablished {
            if let error = session.handshake() { throw error }
            flush()
            if session.isEstablished { return }
            let bytes = await raw.receive()
            guard !bytes.isEmpty else { return }
            session.receive(bytes[...])
        }
    }

    func send(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            guard case .taken(let count) = rest.withUnsafeBytes({ session.write($0) }) else { return }
            rest = rest.dropFirst(count)
            flush()
        }
    }

    func receiveAll() async -> String { String(decoding: await receiveAllBytes(), as: UTF8.self) }

    func receiveAllBytes() async -> [UInt8] {
        var bytes: [UInt8] = []
        while let more = await receive() { bytes += more }
        return bytes
    }

    func receive(until text: String) async -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(text), let more = await receive() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What comes next; nil at the end of the stream.
    private func receive() async -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 20_000)
        while true {
            switch session.read(into: &buffer, from: 0) {
            case .bytes(let count): return Array(buffer[..<count])
            case .ended:
                ended.withLock { $0 = true }
                return nil
            case .failed: return nil
            case .needsInput:
                flush()
                let bytes = await raw.receive()
                guard !bytes.isEmpty else { return nil }
                session.receive(bytes[...])
            }
        }
    }

    private func flush() {
        var bytes = session.takeOutput()[...]
        while !bytes.isEmpty {
            raw.send(Array(bytes.prefix(cut)))
            bytes = bytes.dropFirst(cut)
        }
    }
}
