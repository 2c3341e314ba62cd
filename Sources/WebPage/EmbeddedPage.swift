internal import COpenSSL
internal import Foundation
internal import HTTP
internal import HTTPTypes

/// The page to chat with: one file, with all that it needs, and the policy under which browsers run it.
struct EmbeddedPage: Sendable {
    /// Made of the files that are in the executable, when somebody first asks for it.
    static let shared = EmbeddedPage(PageAssembly.page(of: PageFiles.texts))

    let contentSecurityPolicy: String
    private let identity: Representation
    /// Nil where zlib has no memory.
    private let gzip: Representation?

    /// The page as it is sent, with the name of exactly these bytes.
    private struct Representation: Sendable {
        let bytes: [UInt8]
        let entityTag: String
    }

    init(_ page: PageAssembly.Page) {
        let bytes = Array(page.html.utf8)
        let digest = Self.digest(page.html).prefix(12).replacing("/", with: "_")
        identity = Representation(bytes: bytes, entityTag: "\"\(digest)\"")
        gzip = GzipEncoder.encode(bytes).map { Representation(bytes: $0, entityTag: "\"\(digest)-gzip\"") }
        contentSecurityPolicy = Self.policy(script: page.script, style: page.style)
    }

    /// Whole, or 304 where the client has it.
    func response(to request: Request) -> (head: HTTPResponse, body: [UInt8]) {
        let takesGzip = AcceptedCoding.acceptsGzip(request.headers[.acceptEncoding])
        let chosen = takesGzip ? gzip ?? identity : identity
        var headers: HTTPFields = [
            .eTag: chosen.entityTag, .vary: "accept-encoding",
            // A newer release's page is to be seen at once; asking costs a few bytes.
            .cacheControl: "no-cache",
        ]
        if Self.names(request.headers[.ifNoneMatch], chosen.entityTag) {
            return (HTTPResponse(status: .notModified, headerFields: headers), [])
        }
        headers[.contentType] = Self.contentType
        if takesGzip, gzip != nil { headers[.contentEncoding] = "gzip" }
        for (name, value) in Self.protections + [("content-security-policy", contentSecurityPolicy)] {
            if let name = HTTPField.Name(name) { headers[name] = value }
        }
        return (HTTPResponse(status: .ok, headerFields: headers), chosen.bytes)
    }

    static let contentType = "text/html; charset=utf-8"

    private static let protections = [
        ("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer"), ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
    ]

    /// Nothing runs, styles or loads but what is in the page, which talks to its own server alone; and no text becomes HTML.
    private static func policy(script: String, style: String) -> String {
        [
            "default-src 'none'", "script-src 'sha256-\(digest(script))'", "style-src 'sha256-\(digest(style))'",
            "connect-src 'self'", "img-src data:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ].joined(separator: "; ")
    }

    /// Whether `if-none-match` names an entity tag, RFC 9110 section 13.1.2.
    private static func names(_ field: String?, _ entityTag: String) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { item in
            let item = item.trimmingPrefix { $0 == " " || $0 == "\t" }
            let opaque = item.hasPrefix("W/") ? item.dropFirst(2) : item
            return opaque == "*" || opaque.prefix { $0 != " " } == entityTag
        }
    }

    /// The SHA-256 of a text in Base64, as policies write it.
    private static func digest(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let digest = unsafe [UInt8](unsafeUninitializedCapacity: 32) { digest, count in
            count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe SHA256(bytes.baseAddress, bytes.count, digest.baseAddress) == nil ? 0 : 32
            }
        }
        return Data(digest).base64EncodedString()
    }
}
