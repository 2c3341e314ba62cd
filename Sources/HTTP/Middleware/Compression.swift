internal import HTTPTypes

/// Takes compressed bodies and, for clients that accept gzip, compresses JSON responses, and streams of events where that is
/// wanted.
public struct Compression: Middleware {
    private let streams: Bool

    /// Compression in both directions; of streams too, if they are to be.
    public init(streams: Bool = false) {
        self.streams = streams
    }

    /// Notes what the client sends and accepts; the work is done where bodies are read and written.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        var request = request
        switch request.headers[.contentEncoding]?.lowercased() {
        case nil, "identity": break
        case "gzip", "x-gzip": request.body.coding = .gzip
        case "deflate": request.body.coding = .deflate
        case let coding?:
            let message = "Unsupported content-encoding: \(coding). Supported: gzip, deflate."
            return try await context.answer(HTTPError(.unsupportedMediaType, message))
        }
        let acceptsGzip = AcceptedCoding.acceptsGzip(request.headers[.acceptEncoding])
        context.response.acceptsGzip = acceptsGzip
        context.response.compressesStreams = acceptsGzip && streams
        context.response.changeHead { [streams] head in
            guard Self.isJSON(head) || (streams && Self.isStream(head)) else { return }
            head.headerFields.append(HTTPField(name: .vary, value: "accept-encoding"))
        }
        try await next.respond(to: request, context: context, writer: writer)
    }

    static let minimumByteCount = 1_024

    /// The body as it is to be sent, with the head changed accordingly.
    static func encode(_ body: [UInt8], head: inout HTTPResponse) -> [UInt8] {
        guard body.count >= minimumByteCount, isJSON(head),
            head.headerFields[.contentEncoding] == nil,
            let encoded = GzipEncoder.encode(body), encoded.count < body.count
        else { return body }
        head.headerFields[.contentEncoding] = "gzip"
        return encoded
    }

    /// What a stream goes through, with the head changed accordingly; nil where it is none of events.
    static func streamEncoder(for head: inout HTTPResponse) -> GzipStreamEncoder? {
        guard isStream(head), head.headerFields[.contentEncoding] == nil, let encoder = GzipStreamEncoder() else {
            return nil
        }
        head.headerFields[.contentEncoding] = "gzip"
        return encoder
    }

    /// There is one at most, so that nothing has to be joined.
    private static func contentType(_ head: HTTPResponse) -> String? {
        head.headerFields.first { $0.name == .contentType }?.value
    }

    private static func isJSON(_ head: HTTPResponse) -> Bool {
        contentType(head)?.hasPrefix("application/json") == true
    }

    private static func isStream(_ head: HTTPResponse) -> Bool {
        let type = contentType(head)
        return type?.hasPrefix("text/event-stream") == true || type?.hasPrefix("application/x-ndjson") == true
    }
}

/// Reads `accept-encoding`, RFC 9110 section 12.5.3.
package enum AcceptedCoding {
    /// Whether gzip is acceptable: named, or covered by `*`, with a weight above 0.
    package static func acceptsGzip(_ field: String?) -> Bool {
        guard let field else { return false }
        var wildcard = false
        for item in field.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
            guard let coding = parts.first else { continue }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            if coding == "gzip" || coding == "x-gzip" { return weight > 0 }
            if coding == "*" { wildcard = weight > 0 }
        }
        return wildcard
    }
}
