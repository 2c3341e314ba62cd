internal import CLinux
internal import Glibc

/// What came of accepting.
package enum AcceptOutcome: ~Copyable {
    /// A new connection.
    case accepted(StreamSocket)
    /// Nobody waits.
    case wouldBlock
    /// The peer went away before it was accepted; the next may be fine.
    case peerGone
    /// No descriptor was left for it: it waits on, and the socket stays ready.
    case outOfDescriptors
    /// The listener itself is broken.
    case failed(SocketError)
}

/// A bound socket that takes connections.
package struct ListeningSocket: ~Copyable, Sendable {
    /// The socket's descriptor.
    package let descriptor: OwnedDescriptor
    /// The address in force: with the port that the system chose when 0 was asked for.
    package let address: SocketAddress
    /// Whether a Unix socket's file was made here, and so is to be removed here.
    private let ownsPath: Bool

    /// Binds and listens. A stale Unix socket, one that nobody serves any more, is replaced.
    ///
    /// - Parameters:
    ///   - address: Where to listen.
    ///   - permissions: Of a Unix socket's file, such as 0o660: who may write to it may connect. Nil is what the process's
    ///     mask leaves.
    ///   - backlog: How many connections may wait to be accepted.
    /// - Throws: ``SocketError`` where the address is not to be had.
    package init(
        _ address: SocketAddress, permissions: UInt32? = nil, backlog: Int32 = 1_024
    ) throws(SocketError) {
        let number = try SocketError.check(linux_socket(address.family), "socket for \(address)")
        let descriptor = OwnedDescriptor(number)
        if case .unix(let path) = address {
            try Self.removeStaleSocket(path)
            // Nobody else connects before the permissions are in place: the file is made with those of the socket.
            if permissions != nil { _ = fchmod(number, 0o600) }
        }
        var on: Int32 = 1
        let size = socklen_t(MemoryLayout<Int32>.size)
        _ = unsafe setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, size)
        if case .ipv6 = address { _ = unsafe setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, size) }
        try unsafe address.withSystemForm { (form, byteCount) throws(SocketError) in
            guard unsafe bind(number, form, byteCount) == 0 else { throw SocketError.last("bind \(address)") }
        }
        if case .unix(let path) = address, let permissions, unsafe chmod(path, permissions) != 0 {
            throw SocketError.last("set the permissions of \(address)")
        }
        guard listen(number, backlog) == 0 else { throw SocketError.last("listen \(address)") }
        let bound = unsafe descriptor.systemAddress { unsafe getsockname($0, $1, $2) }
        self.descriptor = descriptor
        self.address = bound ?? address
        ownsPath = true
    }

    /// Takes over a socket that listens already, as a service manager hands it to the process.
    ///
    /// - Throws: ``SocketError`` where it is none.
    package init(adopting number: Int32) throws(SocketError) {
        let result = linux_adopt_listener(number)
        guard result == 0 else { throw SocketError(operation: "listen on descriptor \(number)", code: -result) }
        let descriptor = OwnedDescriptor(number)
        guard let bound = unsafe descriptor.systemAddress({ unsafe getsockname($0, $1, $2) }) else {
            throw SocketError(operation: "listen on descriptor \(number)", code: EAFNOSUPPORT)
        }
        self.descriptor = descriptor
        address = bound
        ownsPath = false
    }

    /// Takes one waiting connection.
    package func accept() -> AcceptOutcome {
        let result = linux_accept(descriptor.number)
        if result >= 0 { return .accepted(StreamSocket(OwnedDescriptor(result))) }
        switch -result {
        case EAGAIN: return .wouldBlock
        case EINTR, ECONNABORTED, EPROTO, EPERM: return .peerGone
        case EMFILE, ENFILE, ENOBUFS, ENOMEM: return .outOfDescriptors
        case let code: return .failed(SocketError(operation: "accept \(address)", code: code))
        }
    }

    /// Removes a Unix socket's file. To be called when listening ends.
    package func unlinkPath() {
        guard ownsPath, case .unix(let path) = address else { return }
        _ = unsafe unlink(path)
    }

    private static func removeStaleSocket(_ path: String) throws(SocketError) {
        var status = stat()
        guard unsafe lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        let probe = OwnedDescriptor(try SocketError.check(linux_socket(AF_UNIX), "socket for unix:\(path)"))
        let number = probe.number
        let answered = try unsafe SocketAddress.unix(path: path).withSystemForm { form, byteCount in
            unsafe connect(number, form, byteCount) == 0 || errno == EAGAIN
        }
        guard !answered else { throw SocketError(operation: "bind unix:\(path)", code: EADDRINUSE) }
        _ = unsafe unlink(path)
    }
}

/// The process's limit of open descriptors.
public enum DescriptorLimit {
    /// Lifts the limit to what the system allows. Returns the limit now in force.
    @discardableResult
    public static func raise() -> UInt64 {
        linux_raise_descriptor_limit()
    }
}
