internal import HTTPTypes

/// Responses as bytes, RFC 9112 sections 4, 6 and 7. Framing is decided here alone: fields that a responder set for it
/// are dropped.
enum ResponseEncoder {
    /// How the client finds the end of the body.
    enum Framing: Sendable, Equatable {
        /// There is none, by the status.
        case none
        case length(Int)
        case chunked
        /// The connection's end, for HTTP/1.0.
        case untilClose
    }

    /// What the connection adds to a head.
    struct Extras {
        var framing: Framing
        var minorVersion: Int
        var keepsAlive: Bool
        var date: [UInt8]
        var requestID: String
        var serverName: String?
    }

    static let continueHead = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)
    static let lastChunk = Array("0\r\n\r\n".utf8)

    /// The framing of a whole response, or of one that is streamed if `byteCount` is nil.
    static func framing(of status: HTTPResponse.Status, byteCount: Int?, minorVersion: Int) -> Framing {
        if status.kind == .informational || status == .noContent || status == .notModified { return .none }
        if let byteCount { return .length(byteCount) }
        return minorVersion == 1 ? .chunked : .untilClose
    }

    /// Status line and fields, to the empty line.
    static func head(_ response: HTTPResponse, _ extras: Extras) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        // A server answers with its own version, RFC 9110 section 6.2.
        bytes += "HTTP/1.1 ".utf8
        bytes += String(response.status.code).utf8
        bytes.append(HeadParser.space)
        bytes += response.status.reasonPhrase.utf8
        bytes += lineEnd
        for field in response.headerFields where !isOwned(field.name) {
            append(field.name.canonicalName, field.value, to: &bytes)
        }
        append("x-request-id", extras.requestID, to: &bytes)
        bytes += "date: ".utf8
        bytes += extras.date
        bytes += lineEnd
        if let serverName = extras.serverName { append("server", serverName, to: &bytes) }
        switch extras.framing {
        case .none, .untilClose: break
        case .length(let count): append("content-length", String(count), to: &bytes)
        case .chunked: append("transfer-encoding", "chunked", to: &bytes)
        }
        if !extras.keepsAlive {
            append("connection", "close", to: &bytes)
        } else if extras.minorVersion == 0 {
            append("connection", "keep-alive", to: &bytes)
        }
        bytes += lineEnd
        return bytes
    }

    /// Appends bytes as the framing wants them.
    static func append(_ body: [UInt8], framing: Framing, to bytes: inout [UInt8]) {
        guard !body.isEmpty else { return }
        switch framing {
        case .none: break
        case .length, .untilClose: bytes += body
        case .chunked:
            bytes += String(body.count, radix: 16).utf8
            bytes += lineEnd
            bytes += body
            bytes += lineEnd
        }
    }

    private static func append(_ name: String, _ value: String, to bytes: inout [UInt8]) {
        bytes += name.utf8
        bytes += ": ".utf8
        bytes += value.utf8
        bytes += lineEnd
    }

    private static func isOwned(_ name: HTTPField.Name) -> Bool {
        name == .contentLength || name == .transferEncoding || name == .connection || name == .date
            || name == .requestID
    }

    private static let lineEnd = Array("\r\n".utf8)
}
