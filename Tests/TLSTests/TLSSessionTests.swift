import TestSupport
import Testing

@testable import TLS

/// Two sides of a connection, joined in memory.
struct JoinedSessions {
    let client: TLSSession
    let server: TLSSession

    init(client: TLSContext, server: TLSContext, name: String? = "localhost") throws {
        self.client = try TLSSession(client, serverName: name)
        self.server = try TLSSession(server)
    }

    /// Carries bytes to and fro, `cut` at a time, until neither side has more to say.
    func exchange(cut: Int = .max) -> (client: TLSError?, server: TLSError?) {
        var errors: (client: TLSError?, server: TLSError?)
        for _ in 0..<8 {
            errors.client = errors.client ?? client.handshake()
            Self.carry(from: client, to: server, cut: cut)
            errors.server = errors.server ?? server.handshake()
            Self.carry(from: server, to: client, cut: cut)
        }
        return errors
    }

    static func carry(from sender: TLSSession, to receiver: TLSSession, cut: Int = .max) {
        var bytes = sender.takeOutput()[...]
        while !bytes.isEmpty {
            receiver.receive(bytes.prefix(cut))
            bytes = bytes.dropFirst(cut)
        }
    }
}

extension TLSSession {
    /// Decrypts all that has come.
    func readAll() -> (bytes: [UInt8], outcome: ReadOutcome) {
        var buffer = [UInt8](repeating: 0, count: 20_000)
        var bytes: [UInt8] = []
        while true {
            let outcome = read(into: &buffer, from: 0)
            guard case .bytes(let count) = outcome else { return (bytes, outcome) }
            bytes += buffer[..<count]
        }
    }

    func write(_ bytes: [UInt8]) -> WriteOutcome {
        bytes.withUnsafeBytes { write($0) }
    }
}

@Suite struct TLSSessionTests {
    private let files: Certificates
    private let server: TLSContext
    private let client: TLSContext

    init() throws {
        files = try Certificates.shared.get()
        server = try .server([files.server])
        client = try .client(authority: files.authority)
    }

    @Test(arguments: [1, 7, 1_000, .max]) func `bytes arrive as they were sent, however they were cut`(cut: Int) throws
    {
        let joined = try JoinedSessions(client: client, server: server)
        let errors = joined.exchange(cut: cut)
        #expect(errors == (nil, nil))
        #expect(joined.client.isEstablished && joined.server.isEstablished)
        #expect(joined.server.version == "TLSv1.3")
        let text = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
        var rest = text[...]
        while !rest.isEmpty {
            guard case .taken(let count) = joined.client.write(Array(rest)) else { break }
            #expect(count <= TLSSession.recordByteLimit)
            rest = rest.dropFirst(count)
        }
        JoinedSessions.carry(from: joined.client, to: joined.server, cut: cut)
        let received = joined.server.readAll()
        #expect(received.bytes == text)
        #expect(received.outcome == .needsInput)
        joined.client.finish()
        JoinedSessions.carry(from: joined.client, to: joined.server, cut: cut)
        #expect(joined.server.readAll().outcome == .ended)
    }

    @Test func `nothing is written before the handshake is over`() throws {
        let joined = try JoinedSessions(client: client, server: server)
        #expect(joined.server.write([1]) == .needsInput)
        #expect(joined.server.takeOutput().isEmpty)
        #expect(joined.client.write([1]) == .needsInput)
        #expect(joined.client.takeOutput().first == 22)
    }

    @Test(arguments: ["localhost", "127.0.0.1", "::1"]) func `a server proves its name or its address`(name: String)
        throws
    {
        #expect(try JoinedSessions(client: client, server: server, name: name).exchange() == (nil, nil))
    }

    @Test(arguments: ["example.org", "127.0.0.2", "localhost.example.org", "localhos"])
    func `a server of another name is refused`(name: String) throws {
        let joined = try JoinedSessions(client: client, server: server, name: name)
        let errors = joined.exchange()
        #expect(errors.client?.description.contains("mismatch") == true)
        #expect(!joined.server.isEstablished)
    }

    @Test func `a server that signed for itself is refused, unless everybody is trusted`() throws {
        let stranger = try TLSContext.server([files.stranger])
        let errors = try JoinedSessions(client: client, server: stranger).exchange()
        #expect(errors.client?.description.contains("self-signed") == true)
        #expect(errors.server != nil)
        let blind = try TLSContext.client(isUnverified: true)
        #expect(try JoinedSessions(client: blind, server: stranger).exchange() == (nil, nil))
    }

    @Test func `a server of several names shows the certificate of the one that is asked for`() throws {
        let server = try TLSContext.server([files.server, files.domain, files.one])
        func complaint(_ name: String) throws -> String? {
            try JoinedSessions(client: client, server: server, name: name).exchange().client?.description
        }
        #expect(try complaint("localhost") == nil)
        #expect(try complaint("127.0.0.1") == nil)
        // Before that of the whole domain, which stands before it in the list.
        #expect(try complaint("one.models.example") == nil)
        #expect(try complaint("ONE.models.example") == nil)
        #expect(try complaint("two.models.example")?.contains("self-signed") == true)
        #expect(try complaint("example.org")?.contains("mismatch") == true)
    }

    @Test func `a connection keeps the certificates that it began with`() throws {
        var server: TLSContext? = try .server([files.server, files.one])
        let joined = try JoinedSessions(client: client, server: #require(server), name: "one.models.example")
        server = nil
        #expect(joined.exchange() == (nil, nil))
    }

    @Test func `a client without a certificate is refused where one is asked for`() throws {
        let asking = try TLSContext.server([files.server], clientAuthority: files.authority)
        let errors = try JoinedSessions(client: client, server: asking).exchange()
        #expect(errors.server?.description.contains("peer did not return a certificate") == true)
    }

    @Test func `bytes that are no TLS, or were changed on the way, end the connection with an alert`() throws {
        let fresh = try TLSSession(server)
        fresh.receive(Array("GET / HTTP/1.1\r\n\r\n".utf8)[...])
        guard case .failed = fresh.readAll().outcome else { return #expect(Bool(false)) }
        let joined = try JoinedSessions(client: client, server: server)
        _ = joined.exchange()
        #expect(joined.client.write(Array("hello".utf8)) == .taken(5))
        var bytes = joined.client.takeOutput()
        bytes[bytes.count - 1] ^= 1
        joined.server.receive(bytes[...])
        let result = joined.server.readAll()
        guard case .failed = result.outcome else { return #expect(Bool(false)) }
        #expect(result.bytes.isEmpty)
        #expect(!joined.server.takeOutput().isEmpty)
    }

    @Test func `no bytes make a session crash or hang`() throws {
        var random = SeededGenerator(seed: 11)
        let hello = try TLSSession(client, serverName: "localhost")
        _ = hello.handshake()
        let seed = hello.takeOutput()
        for _ in 0..<500 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            let session = try TLSSession(server)
            session.receive(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            _ = session.readAll()
            #expect(!session.isEstablished)
        }
    }
}
