/// Where a server is: `http://host:port/prefix`, `https://…`, or `unix:/path` of a Unix domain socket.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// Whether TLS is spoken there.
    public var isSecure: Bool
    public var host: String
    public var port: UInt16
    /// What goes before every path, without a slash at its end; often empty.
    public var prefix: String
    /// The Unix domain socket to connect to in place of host and port, which then only stand in requests.
    public let socketPath: String?

    /// Reads a URL such as `http://127.0.0.1:8000` or `https://[::1]:8000/v1`. The scheme may be left out: `http`.
    public init(_ text: String) throws(ClientError) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst(5))
            guard !path.isEmpty else { throw ClientError("unix: needs the path of a socket behind it") }
            (isSecure, host, port, prefix, socketPath) = (false, "localhost", 80, "", path)
            return
        }
        var rest = Substring(text)
        var scheme = "http"
        if let mark = rest.firstRange(of: "://") {
            scheme = rest[..<mark.lowerBound].lowercased()
            guard scheme == "http" || scheme == "https" else {
                throw ClientError("\(text): only http:// and https:// are spoken here")
            }
            rest = rest[mark.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        let isSecure = scheme == "https"
        guard let (host, port) = Self.split(authority, standardPort: isSecure ? "443" : "80"),
            !host.contains(where: { $0 == "@" || $0.isWhitespace })
        else {
            throw ClientError("\(text): no URL such as http://127.0.0.1:8000")
        }
        self.isSecure = isSecure
        self.host = host
        self.port = port
        var prefix = String(path)
        while prefix.last == "/" { prefix.removeLast() }
        self.prefix = prefix
        socketPath = nil
    }

    /// What the `Host` field says.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Host and port, both always there.
    var hostAndPort: String { "\(host.contains(":") ? "[\(host)]" : host):\(port)" }

    public var description: String {
        socketPath.map { "unix:\($0)" } ?? "\(isSecure ? "https" : "http")://\(authority)\(prefix)"
    }

    private static func split(_ authority: Substring, standardPort: Substring) -> (String, UInt16)? {
        var host = authority
        var port = standardPort
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { return nil }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let after = authority[authority.index(after: end)...]
            if after.first == ":" { port = after.dropFirst() } else if !after.isEmpty { return nil }
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty, let number = UInt16(port), number > 0 else { return nil }
        return (String(host), number)
    }
}
