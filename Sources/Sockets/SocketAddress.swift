internal import CLinux
internal import Glibc

/// Where a server listens or a peer comes from.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
    /// A numeric IPv4 address, such as `127.0.0.1`, and a port. As an address to listen on, port 0 means any free one.
    case ipv4(host: String, port: UInt16)
    /// A numeric IPv6 address without brackets, such as `::1`, and a port.
    case ipv6(host: String, port: UInt16)
    /// The path of a Unix domain socket; empty for a peer without a name.
    case unix(path: String)

    /// The port, unless this is a Unix domain socket.
    public var port: UInt16? {
        switch self {
        case .ipv4(_, let port), .ipv6(_, let port): port
        case .unix: nil
        }
    }

    /// The numeric host, unless this is a Unix domain socket.
    public var host: String? {
        switch self {
        case .ipv4(let host, _), .ipv6(let host, _): host
        case .unix: nil
        }
    }

    /// `host:port`, `[host]:port` or `unix:path`.
    public var description: String {
        switch self {
        case .ipv4(let host, let port): "\(host):\(port)"
        case .ipv6(let host, let port): "[\(host)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// All addresses that a host name stands for, in the system's order of preference. May wait for a name server.
    public static func resolve(host: String, port: UInt16) throws(SocketError) -> [SocketAddress] {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        unsafe hints.ai_flags = AI_PASSIVE
        var first: UnsafeMutablePointer<addrinfo>?
        let status = unsafe getaddrinfo(host, nil, &hints, &first)
        defer { unsafe freeaddrinfo(first) }
        var found: [SocketAddress] = []
        var next = status == 0 ? unsafe first : nil
        while let entry = unsafe next {
            if let address = unsafe SocketAddress(entry.pointee.ai_addr, byteCount: entry.pointee.ai_addrlen) {
                let withPort = address.withPort(port)
                if !found.contains(withPort) { found.append(withPort) }
            }
            unsafe next = entry.pointee.ai_next
        }
        guard !found.isEmpty else { throw SocketError(operation: "resolve \(host)", code: ENXIO) }
        return found
    }

    private func withPort(_ port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let host, _): .ipv4(host: host, port: port)
        case .ipv6(let host, _): .ipv6(host: host, port: port)
        case .unix: self
        }
    }
}

/// The system's form of addresses.
extension SocketAddress {
    /// The address family: AF_INET, AF_INET6 or AF_UNIX.
    package var family: Int32 {
        switch self {
        case .ipv4: AF_INET
        case .ipv6: AF_INET6
        case .unix: AF_UNIX
        }
    }

    /// Reads the system's form, or nil for a family other than the three.
    init?(_ pointer: UnsafePointer<sockaddr>, byteCount: socklen_t) {
        let raw = unsafe UnsafeRawPointer(pointer)
        switch unsafe Int32(pointer.pointee.sa_family) {
        case AF_INET where byteCount >= MemoryLayout<sockaddr_in>.size:
            var address = unsafe raw.loadUnaligned(as: sockaddr_in.self)
            self = .ipv4(host: unsafe Self.text(AF_INET, &address.sin_addr), port: UInt16(bigEndian: address.sin_port))
        case AF_INET6 where byteCount >= MemoryLayout<sockaddr_in6>.size:
            var address = unsafe raw.loadUnaligned(as: sockaddr_in6.self)
            let host = unsafe Self.text(AF_INET6, &address.sin6_addr)
            self = .ipv6(host: host, port: UInt16(bigEndian: address.sin6_port))
        case AF_UNIX:
            let start = MemoryLayout<sa_family_t>.size
            let bytes = unsafe UnsafeRawBufferPointer(start: raw, count: Int(byteCount)).dropFirst(start)
            self = .unix(path: unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self))
        default: return nil
        }
    }

    private static func text(_ family: Int32, _ address: UnsafeRawPointer) -> String {
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(INET6_ADDRSTRLEN)) { buffer, count in
            let written = unsafe inet_ntop(family, address, buffer.baseAddress, socklen_t(buffer.count))
            count = unsafe written.map { unsafe strlen($0) } ?? 0
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Hands the system's form to `body` for the length of the call.
    func withSystemForm<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        var storage = sockaddr_storage()
        let byteCount = try fill(&storage)
        do {
            return try unsafe withUnsafePointer(to: &storage) { pointer in
                try unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try unsafe body($0, byteCount) }
            }
        } catch let error as SocketError {
            throw error
        } catch {
            throw SocketError(operation: "address", code: EINVAL)
        }
    }

    private func fill(_ storage: inout sockaddr_storage) throws(SocketError) -> socklen_t {
        let invalid = SocketError(operation: "address \(self)", code: EINVAL)
        switch self {
        case .ipv4(let host, let port):
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = port.bigEndian
            guard unsafe inet_pton(AF_INET, host, &address.sin_addr) == 1 else { throw invalid }
            return Self.store(address, in: &storage)
        case .ipv6(let host, let port):
            var address = sockaddr_in6()
            address.sin6_family = sa_family_t(AF_INET6)
            address.sin6_port = port.bigEndian
            guard unsafe inet_pton(AF_INET6, host, &address.sin6_addr) == 1 else { throw invalid }
            return Self.store(address, in: &storage)
        case .unix(let path):
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let bytes = Array(path.utf8)
            // One byte of the field is for the terminating zero.
            guard !bytes.isEmpty, !bytes.contains(0), bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
                throw SocketError(operation: "address \(self)", code: bytes.isEmpty ? EINVAL : ENAMETOOLONG)
            }
            unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
            return Self.store(address, in: &storage)
        }
    }

    private static func store<Form>(_ form: Form, in storage: inout sockaddr_storage) -> socklen_t {
        unsafe withUnsafeMutableBytes(of: &storage) { unsafe $0.storeBytes(of: form, as: Form.self) }
        return socklen_t(MemoryLayout<Form>.size)
    }
}
