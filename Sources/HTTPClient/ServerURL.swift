/// Where a server is: `http://host:port/prefix`.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: UInt16
    /// What goes before every path, without a slash at its end; often empty.
    public var prefix: String

    /// Reads a URL such as `http://127.0.0.1:8000` or `http://[::1]:8000/v1`. The scheme may be left out.
    public init(_ text: String) throws(ClientError) {
        var rest = Substring(text)
        if let scheme = rest.firstRange(of: "://") {
            guard rest[..<scheme.lowerBound].lowercased() == "http" else {
                throw ClientError("\(text): only http:// is spoken here")
            }
            rest = rest[scheme.upperBound...]
        }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let path = rest[authority.endIndex...].prefix { $0 != "?" && $0 != "#" }
        guard let (host, port) = Self.split(authority), !host.contains(where: { $0 == "@" || $0.isWhitespace }) else {
            throw ClientError("\(text): no URL such as http://127.0.0.1:8000")
        }
        self.host = host
        self.port = port
        var prefix = String(path)
        while prefix.last == "/" { prefix.removeLast() }
        self.prefix = prefix
    }

    /// What the `Host` field says.
    public var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == 80 ? name : "\(name):\(port)"
    }

    public var description: String { "http://\(authority)\(prefix)" }

    private static func split(_ authority: Substring) -> (String, UInt16)? {
        var host = authority
        var port: Substring = "80"
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
