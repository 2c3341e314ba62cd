/// Where one resource of a server is: a whole URL, such as a redirect names it.
public struct ResourceURL: Hashable, Sendable, CustomStringConvertible {
    /// The server, without a prefix.
    public let server: ServerURL
    /// Path and query, as a request line has them; begins with a slash.
    public let target: String

    /// Reads an absolute `http://` or `https://` URL.
    ///
    /// - Throws: ``ClientError`` where it is none, or holds what has no place in a request line.
    public init(_ text: String) throws(ClientError) {
        guard text.utf8.allSatisfy({ 0x21...0x7E ~= $0 }), let scheme = text.firstRange(of: "://") else {
            throw ClientError("no URL where one is expected")
        }
        var server = try ServerURL(text)
        server.prefix = ""
        let rest = text[scheme.upperBound...].prefix { $0 != "#" }
        let start = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let target = rest[start...]
        self.server = server
        self.target = target.hasPrefix("/") ? String(target) : "/\(target)"
    }

    /// A resource of a server: path and query are appended to the server's prefix.
    public init(_ server: ServerURL, _ target: String) {
        var origin = server
        origin.prefix = ""
        self.server = origin
        self.target = server.prefix + target
    }

    /// Where a `Location` field of this resource's answer leads: RFC 3986 section 5, as far as servers use it.
    public func resolving(_ location: String) throws(ClientError) -> ResourceURL {
        if location.contains("://") { return try ResourceURL(location) }
        guard location.hasPrefix("/"), location.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw ClientError("\(server): the server redirects to what is no URL")
        }
        if location.hasPrefix("//") { return try ResourceURL("\(server.isSecure ? "https" : "http"):\(location)") }
        return ResourceURL(server, String(location.prefix { $0 != "#" }))
    }

    public var description: String { "\(server)\(target)" }
}
