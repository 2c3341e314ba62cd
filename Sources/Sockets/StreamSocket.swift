internal import CLinux
internal import Glibc
package import TLS

/// What came of reading from a socket.
package enum ReceiveOutcome: Equatable, Sendable {
    /// So many bytes lie at the start of the buffer.
    case received(Int)
    /// Nothing is there now.
    case wouldBlock
    /// The peer has ended its direction.
    case ended
    /// TLS was to be spoken, and what came first is none. From here on the socket goes without encryption.
    case unencrypted
    /// The connection is broken.
    case failed(SocketError)
}

/// What came of writing to a socket.
package enum SendOutcome: Equatable, Sendable {
    /// So many bytes were taken; fewer than offered when the socket's buffer is full.
    case sent(Int)
    /// The connection is broken.
    case failed(SocketError)
}

/// A connected, non-blocking stream: TCP or Unix domain, with or without TLS.
package struct StreamSocket: ~Copyable, Sendable {
    /// The socket's descriptor.
    package let descriptor: OwnedDescriptor
    /// What encrypts the stream, if anything does.
    private var layer: SecureLayer?

    /// Takes over a connected, non-blocking socket.
    package init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = descriptor
    }

    /// Two sockets that are connected to each other.
    package struct Pair: ~Copyable {
        package var first: StreamSocket
        package var second: StreamSocket
    }

    /// Opens two sockets that are connected to each other.
    package static func pair() throws(SocketError) -> Pair {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SocketError.last("socketpair") }
        return Pair(
            first: StreamSocket(OwnedDescriptor(ends[0])), second: StreamSocket(OwnedDescriptor(ends[1])))
    }

    /// Begins to connect; the socket can be written to once it is connected or has failed.
    package static func connecting(to address: SocketAddress) throws(SocketError) -> StreamSocket {
        let number = try SocketError.check(linux_socket(address.family), "socket for \(address)")
        let descriptor = OwnedDescriptor(number)
        try unsafe address.withSystemForm { (form, byteCount) throws(SocketError) in
            guard unsafe connect(number, form, byteCount) == 0 || errno == EINPROGRESS else {
                throw SocketError.last("connect to \(address)")
            }
        }
        return StreamSocket(descriptor)
    }

    /// Why connecting failed, if it did; asking clears it.
    package var pendingError: SocketError? {
        var code: Int32 = 0
        var byteCount = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &code, &byteCount) == 0 else {
            return SocketError.last("connect")
        }
        return code == 0 ? nil : SocketError(operation: "connect", code: code)
    }

    /// Sends small writes at once instead of gathering them: a token must not wait for an acknowledgement.
    package func disableDelay() {
        var on: Int32 = 1
        _ = unsafe setsockopt(
            descriptor.number, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    /// The peer's address, or nil when it is gone already.
    package var peerAddress: SocketAddress? {
        unsafe descriptor.systemAddress { descriptor, address, count in unsafe getpeername(descriptor, address, count) }
    }

    /// Has everything from now on encrypted by the session. Bytes that are no TLS are told apart, see ``ReceiveOutcome``.
    package mutating func encrypt(with session: TLSSession) {
        layer = SecureLayer(session)
    }

    /// Goes on with the handshake of a connection that this side has begun. Returns whether it is over; until then the
    /// peer has to be waited for.
    ///
    /// - Throws: ``SocketError`` where the peer cannot be trusted, or does not speak TLS.
    package func handshake() throws(SocketError) -> Bool {
        try layer?.handshake(with: descriptor) ?? true
    }

    /// Whether something besides a writer's bytes waits for room, as a handshake's may.
    package var hasUnsentBytes: Bool { layer?.hasUnsentBytes ?? false }

    private var layerInUse: SecureLayer? {
        guard let layer, layer.isInUse else { return nil }
        return layer
    }

    /// Reads what is there, as much as the buffer holds.
    package func receive(into buffer: inout [UInt8]) -> ReceiveOutcome {
        guard let layer = layerInUse else { return descriptor.receive(into: &buffer, limit: buffer.count) }
        return layer.receive(into: &buffer, from: descriptor)
    }

    /// Writes what the queue holds until it is empty or the socket's buffer is full.
    package func send(_ queue: inout OutboundQueue) -> SendOutcome {
        guard let layer = layerInUse else { return descriptor.send(&queue) }
        return layer.send(&queue, to: descriptor)
    }

    /// Tells the peer that nothing more will come, where that is not told by closing alone.
    package func sayGoodbye() {
        layerInUse?.finish(to: descriptor)
    }

    /// Tells the peer that nothing more will come, while its own bytes can still be read.
    package func finishSending() {
        sayGoodbye()
        _ = shutdown(descriptor.number, Int32(SHUT_WR))
    }
}

/// The system calls behind reading and writing.
extension OwnedDescriptor {
    /// Reads what is there, up to `limit` bytes.
    func receive(into buffer: inout [UInt8], limit: Int) -> ReceiveOutcome {
        while true {
            let count = unsafe buffer.withUnsafeMutableBytes {
                unsafe linux_receive(number, $0.baseAddress, min(limit, $0.count))
            }
            switch Int32(truncatingIfNeeded: count) {
            case -EINTR: continue
            case -EAGAIN: return .wouldBlock
            case 0: return .ended
            case let code where code < 0: return .failed(SocketError(operation: "receive", code: -code))
            default: return .received(count)
            }
        }
    }

    /// Writes what the queue holds until it is empty or the socket's buffer is full.
    func send(_ queue: inout OutboundQueue) -> SendOutcome {
        var total = 0
        while !queue.isEmpty {
            let offered = queue.nextOfferByteCount
            let count = unsafe queue.withNextOffer { unsafe linux_send(number, $0, $1) }
            if count < 0 {
                switch Int32(truncatingIfNeeded: -count) {
                case EINTR: continue
                case EAGAIN: return .sent(total)
                case let code: return .failed(SocketError(operation: "send", code: code))
                }
            }
            queue.removeFirst(count)
            total += count
            guard count == offered else { return .sent(total) }
        }
        return .sent(total)
    }
}

extension OwnedDescriptor {
    /// An address of the socket, as `getsockname` or `getpeername` tell it.
    func systemAddress(
        _ ask: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
    ) -> SocketAddress? {
        var storage = sockaddr_storage()
        var byteCount = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                guard unsafe ask(number, address, &byteCount) == 0 else { return nil }
                return unsafe SocketAddress(address, byteCount: byteCount)
            }
        }
    }
}
