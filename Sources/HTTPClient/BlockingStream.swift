internal import Glibc
internal import Sockets
internal import TLS

/// A connected socket, with or without TLS, whose reads and writes wait, but not for ever.
final class BlockingStream {
    private let server: ServerURL
    private var socket: StreamSocket
    private let timeout: Duration
    /// Asked again and again during a wait; nil where nobody may end one.
    private let isCancelled: (@Sendable () -> Bool)?
    private var buffer = [UInt8](repeating: 0, count: 64 * 1024)

    /// Connects to the first of the host's addresses that answers, or to a proxy's.
    init(
        to server: ServerURL, tls: TLSContext?, proxy: ClientProxy? = nil, timeout: Duration,
        isCancelled: (@Sendable () -> Bool)?
    ) throws(ClientError) {
        self.server = server
        self.timeout = timeout
        self.isCancelled = isCancelled
        socket = try Self.connect(to: proxy?.server ?? server, timeout: timeout)
        socket.disableDelay()
        if let proxy, server.isSecure { try openTunnel(through: proxy) }
        if let tls { try secure(with: tls) }
    }

    /// Has a proxy join this connection with one to the server, RFC 9110 section 9.3.6.
    private func openTunnel(through proxy: ClientProxy) throws(ClientError) {
        let place = server.hostAndPort
        var head = "CONNECT \(place) HTTP/1.1\r\nHost: \(place)\r\n"
        if let authorization = proxy.authorization { head += "Proxy-Authorization: \(authorization)\r\n" }
        try write(Array((head + "\r\n").utf8))
        var parser = ResponseParser()
        var body: [UInt8] = []
        while parser.response == nil {
            var bytes = try read()
            guard !bytes.isEmpty else { throw ClientError("\(server): the proxy \(proxy) closed the connection") }
            try parser.consume(&bytes, body: &body)
        }
        let status = parser.response?.status ?? 0
        guard 200..<300 ~= status else { throw ClientError("\(server): the proxy \(proxy) answers \(status)") }
        // A server with TLS says nothing before it is asked, so that nothing of it can have come with the head.
        guard body.isEmpty else { throw ClientError("\(server): the proxy \(proxy) sent more than its answer") }
    }

    /// What is there, at least one byte; nothing at the end of the stream.
    func read() throws(ClientError) -> ArraySlice<UInt8> {
        while true {
            if let bytes = try receive() { return bytes }
            try wait(for: POLLIN)
        }
    }

    /// What is there; nil if that is nothing yet, nothing at the end of the stream.
    private func receive() throws(ClientError) -> ArraySlice<UInt8>? {
        switch socket.receive(into: &buffer) {
        case .received(let count): return buffer[..<count]
        case .ended: return []
        case .wouldBlock: return nil
        case .unencrypted: throw ClientError("\(server): the server does not speak TLS")
        case .failed(let error): throw ClientError("\(server): \(error)")
        }
    }

    func write(_ bytes: [UInt8]) throws(ClientError) {
        var queue = OutboundQueue()
        queue.append(bytes)
        while true {
            if case .failed(let error) = socket.send(&queue) { throw ClientError("\(server): \(error)") }
            if queue.isEmpty { return }
            try wait(for: POLLOUT)
        }
    }

    private func secure(with context: TLSContext) throws(ClientError) {
        do throws(TLSError) {
            socket.encrypt(with: try TLSSession(context, serverName: server.host))
        } catch {
            throw ClientError("\(server): \(error)")
        }
        while try !goOnWithHandshake() {
            try wait(for: socket.hasUnsentBytes ? POLLOUT : POLLIN)
            // What comes is the handshake's: a server says nothing before it is asked.
            if try receive()?.isEmpty == true {
                throw ClientError("\(server): the server closed the connection in the TLS handshake")
            }
        }
    }

    private func goOnWithHandshake() throws(ClientError) -> Bool {
        do throws(SocketError) {
            return try socket.handshake()
        } catch {
            throw ClientError("\(server): \(error)")
        }
    }

    private func wait(for events: Int32) throws(ClientError) {
        let deadline = ContinuousClock.now + timeout
        var isReady = false
        while !isReady, isCancelled?() != true, ContinuousClock.now < deadline {
            let left = deadline - .now
            isReady = Self.isReady(
                socket.descriptor, events, within: isCancelled == nil ? left : min(left, .milliseconds(50)))
        }
        guard isReady else {
            if isCancelled?() == true { throw ClientError("\(server): the request was cancelled") }
            throw ClientError("\(server): no answer within \(timeout.components.seconds) seconds")
        }
    }

    private static func connect(to server: ServerURL, timeout: Duration) throws(ClientError) -> StreamSocket {
        var reason = "no address"
        do {
            for address in try addresses(of: server) {
                do {
                    let socket = try StreamSocket.connecting(to: address)
                    guard isReady(socket.descriptor, POLLOUT, within: timeout) else {
                        reason = "no answer within \(timeout.components.seconds) seconds"
                        continue
                    }
                    if let error = socket.pendingError { throw error }
                    return socket
                } catch {
                    reason = "\(error)"
                }
            }
        } catch {
            reason = "\(error)"
        }
        throw ClientError("\(server): \(reason)")
    }

    private static func addresses(of server: ServerURL) throws(SocketError) -> [SocketAddress] {
        if let path = server.socketPath { return [.unix(path: path)] }
        return try SocketAddress.resolve(host: server.host, port: server.port)
    }

    private static func isReady(_ descriptor: borrowing OwnedDescriptor, _ events: Int32, within timeout: Duration)
        -> Bool
    {
        let deadline = ContinuousClock.now + timeout
        var entry = pollfd(fd: descriptor.number, events: Int16(truncatingIfNeeded: events), revents: 0)
        while true {
            let left = max(.zero, deadline - .now)
            let milliseconds =
                Int32(clamping: left.components.seconds * 1000) + 1
                + Int32(left.components.attoseconds / 1_000_000_000_000_000)
            let count = unsafe poll(&entry, 1, min(milliseconds, 1_000_000))
            if count > 0 { return true }
            if count == 0 && ContinuousClock.now >= deadline { return false }
            if count < 0 && errno != EINTR { return false }
        }
    }
}
