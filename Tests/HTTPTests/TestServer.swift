import Foundation
import HTTPTypes
import Logging
import Sockets

@testable import HTTP

/// A real server on a free port, with a raw client.
struct TestServer {
    let server: HTTPServer
    let port: UInt16

    static func start(
        _ routes: [Route],
        configure: (inout HTTPServerConfiguration) -> Void = { _ in }
    ) async throws -> TestServer {
        var configuration = HTTPServerConfiguration(addresses: [.ipv4(host: "127.0.0.1", port: 0)])
        // A busy machine is no slow client.
        configuration.limits.headTimeout = .seconds(300)
        configuration.limits.bodyWindow = .seconds(300)
        configuration.limits.writeTimeout = .seconds(300)
        configuration.timerInterval = .milliseconds(10)
        configure(&configuration)
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let server = HTTPServer(
            configuration: configuration,
            responder: Router(routes).behind([Compression(), AccessLog(), HTTPMetrics()]),
            logger: logger)
        let addresses = try await server.start()
        return TestServer(server: server, port: addresses.first?.port ?? 0)
    }

    func connect() throws -> RawClient { try RawClient(port: port) }
}

/// A socket that sends and reads bytes as a test says. Reads give up after two minutes. They wait on a queue of their
/// own: the pool's few threads belong to the server's tasks.
final class RawClient: Sendable {
    private let descriptor: Int32
    private let queue = DispatchQueue(label: "test.client")

    init(port: UInt16, receiveBufferByteCount: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var size = receiveBufferByteCount {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, 4)
        }
        var patience = timeval(tv_sec: 120, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw POSIXError(.ECONNREFUSED) }
    }

    deinit { Glibc.close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads what comes next; empty at the end of the stream.
    func receive(_ limit: Int = 65_536) async -> [UInt8] {
        await withCheckedContinuation { continuation in
            queue.async {
                var buffer = [UInt8](repeating: 0, count: limit)
                let count = recv(self.descriptor, &buffer, limit, 0)
                continuation.resume(returning: count > 0 ? Array(buffer[..<count]) : [])
            }
        }
    }

    /// Reads until `text` has come, or the stream ends.
    func receive(until text: String) async -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(text) {
            let more = await receive()
            if more.isEmpty { break }
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads to the end of the stream.
    func receiveAll() async -> String {
        var bytes: [UInt8] = []
        while true {
            let more = await receive()
            if more.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += more
        }
    }
}

/// A one-time signal between a route and its test.
actor Signal {
    private var isSet = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    func set() {
        isSet = true
        for waiter in waiters { waiter.resume() }
        waiters = []
    }

    func wait() async {
        if !isSet { await withCheckedContinuation { waiters.append($0) } }
    }
}
