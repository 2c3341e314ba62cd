import Foundation
import Testing

@testable import Sockets

struct ListeningSocketTests {
    @Test func aFreePortIsChosenAndABusyOneRefused() throws {
        let listener = try ListeningSocket(.ipv4(host: "127.0.0.1", port: 0))
        let port = try #require(listener.address.port)
        #expect(port != 0)
        #expect(throws: SocketError.self) { _ = try ListeningSocket(.ipv4(host: "127.0.0.1", port: port)) }
        #expect(throws: SocketError.self) { _ = try ListeningSocket(.ipv4(host: "no address", port: 0)) }
    }

    @Test func aStaleUnixSocketIsReplacedAndALiveOneIsNot() throws {
        let path = "/tmp/ponder-\(UUID().uuidString).sock"
        do { _ = try ListeningSocket(.unix(path: path)) }
        let listener = try ListeningSocket(.unix(path: path))
        #expect(throws: SocketError.self) { _ = try ListeningSocket(.unix(path: path)) }
        listener.unlinkPath()
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(throws: SocketError.self) {
            _ = try ListeningSocket(.unix(path: String(repeating: "x", count: 200)))
        }
    }

    @Test(arguments: [UInt32(0o600), 0o660, 0o666]) func aUnixSocketHasThePermissionsAskedFor(permissions: UInt32)
        throws
    {
        let path = "/tmp/ponder-\(UUID().uuidString).sock"
        let listener = try ListeningSocket(.unix(path: path), permissions: permissions)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == Int(permissions))
        listener.unlinkPath()
    }

    @Test func aFileThatIsNoSocketStays() throws {
        let path = "/tmp/ponder-\(UUID().uuidString).sock"
        try Data("text".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: SocketError.self) { _ = try ListeningSocket(.unix(path: path)) }
        #expect(FileManager.default.contents(atPath: path) == Data("text".utf8))
    }

    @Test func aSocketThatListensAlreadyIsTakenOver() throws {
        let path = "/tmp/ponder-\(UUID().uuidString).sock"
        defer { unlink(path) }
        let made = try ListeningSocket(.unix(path: path))
        let adopted = try ListeningSocket(adopting: dup(made.descriptor.number))
        #expect(adopted.address == .unix(path: path))
        let client = try StreamSocket.connecting(to: adopted.address)
        guard case .accepted = adopted.accept() else {
            Issue.record("nobody was accepted")
            return
        }
        _ = client.peerAddress
        // Its file is whoever's made it.
        adopted.unlinkPath()
        #expect(FileManager.default.fileExists(atPath: path))
        let pair = try StreamSocket.pair()
        for other in [dup(pair.first.descriptor.number), open("/dev/null", O_RDONLY), 9_999] {
            #expect(throws: SocketError.self) { _ = try ListeningSocket(adopting: other) }
            close(other)
        }
    }

    @Test func namesAreResolved() throws {
        let found = try SocketAddress.resolve(host: "localhost", port: 80)
        #expect(found.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
        #expect(found.allSatisfy { $0.port == 80 })
        #expect(throws: SocketError.self) { try SocketAddress.resolve(host: "no such host", port: 1) }
    }
}
