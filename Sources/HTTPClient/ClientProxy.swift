/// A proxy that passes requests on, as `HTTPS_PROXY` and its like name one.
public struct ClientProxy: Hashable, Sendable, CustomStringConvertible {
    let server: ServerURL
    /// What `Proxy-Authorization` says; nil where the proxy asks nobody.
    let authorization: String?

    /// Reads `http://host:port` or `http://user:password@host:port`; the scheme may be left out.
    ///
    /// - Throws: ``ClientError`` for any other text, such as a SOCKS proxy's, without repeating a password.
    public init(_ text: String) throws(ClientError) {
        var rest = text
        var credentials: String?
        if let at = text.lastIndex(of: "@") {
            let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
            guard start <= at else { throw ClientError("the proxy's address is no URL") }
            credentials = String(text[start..<at])
            rest = String(text[..<start] + text[text.index(after: at)...])
        }
        server = try ServerURL(rest)
        guard !server.isSecure else { throw ClientError("\(rest): only http:// proxies are spoken to") }
        authorization = credentials.map { "Basic \(Self.base64(Self.decoded($0)))" }
    }

    public var description: String { "\(server)" }

    /// With the escapes of a URL undone.
    private static func decoded(_ text: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = rest.prefix(2)
            if byte == UInt8(ascii: "%"), digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// RFC 4648 section 4.
    private static func base64(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 {
                let isFilled = place <= group.count
                text.append(isFilled ? alphabet[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
