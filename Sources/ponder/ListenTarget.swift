import Sockets

/// Where a server is told to listen: a host with or without a port of its own, or the path of a Unix domain socket.
enum ListenTarget: Equatable, Sendable {
    /// An address or a name; nil is the port that all hosts share.
    case host(String, port: UInt16?)
    case unix(path: String)

    /// Reads `127.0.0.1`, `::1`, `localhost`, `0.0.0.0:8080`, `[::1]:8080`, `unix:/run/ponder.sock`, or, as llama-server
    /// has it, a path that ends in `.sock`. Nil for anything else.
    init?(_ text: String) {
        let mark = "unix:"
        if text.hasPrefix(mark) || text.hasSuffix(".sock") {
            let path = text.hasPrefix(mark) ? String(text.dropFirst(mark.count)) : text
            guard !path.isEmpty else { return nil }
            self = .unix(path: path)
            return
        }
        guard !text.isEmpty, !text.contains(where: { $0.isWhitespace || $0 == "/" }) else { return nil }
        var (host, port) = (Substring(text), Substring?.none)
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            host = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = text.firstIndex(of: ":"), text[text.index(after: colon)...].allSatisfy({ $0 != ":" }) {
            // Several colons are an IPv6 address's own.
            host = text[..<colon]
            port = text[text.index(after: colon)...]
        }
        let number = port.flatMap { UInt16($0) }
        guard !host.isEmpty, !host.contains(where: { "[]".contains($0) }), (port == nil) == (number == nil) else {
            return nil
        }
        self = .host(String(host), port: number)
    }

    /// The addresses that this stands for; a name may have several.
    ///
    /// - Throws: `SocketError` where a name has none.
    func addresses(sharedPort: UInt16) throws(SocketError) -> [SocketAddress] {
        switch self {
        case .unix(let path): return [.unix(path: path)]
        case .host(let host, let port):
            let port = port ?? sharedPort
            let found = try SocketAddress.resolve(host: host, port: port)
            // With port 0 every address of a name would get a port of its own.
            return port == 0 ? Array(found.prefix(1)) : found
        }
    }
}
