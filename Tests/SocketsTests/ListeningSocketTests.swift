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

    @Test func namesAreResolved() throws {
        let found = try SocketAddress.resolve(host: "localhost", port: 80)
        #expect(found.contains { $0.host == "127.0.0.1" || $0.host == "::1" })
        #expect(found.allSatisfy { $0.port == 80 })
        #expect(throws: SocketError.self) { try SocketAddress.resolve(host: "no such host", port: 1) }
    }
}
