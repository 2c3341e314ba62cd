internal import HTTPTypes

/// What the fields of a complete head mean for the message as a whole. Whatever two servers could read differently is
/// refused: that is how requests are smuggled. RFC 9112 sections 3.2 and 6.
enum HeadRules {
    /// Fills in framing, persistence and expectation.
    static func apply(to head: inout RequestHead, bodyByteLimit: Int) throws(HTTPError) {
        try checkHost(head)
        head.framing = try framing(head, bodyByteLimit: bodyByteLimit)
        head.keepsAlive = keepsAlive(head)
        if let expectation = head.headers[.expect], head.minorVersion == 1 {
            guard expectation.lowercased() == "100-continue" else {
                throw HTTPError(.expectationFailed, "Unknown expectation: \(expectation).")
            }
            head.expectsContinue = head.framing != .none
        }
    }

    private static func checkHost(_ head: RequestHead) throws(HTTPError) {
        let hosts = head.headers[values: HTTPField.Name.host]
        guard hosts.count == 1 || (hosts.isEmpty && head.minorVersion == 0) else {
            let message = hosts.isEmpty ? "The host header field is missing." : "Several host header fields."
            throw HTTPError(.badRequest, message)
        }
        guard hosts.allSatisfy({ $0.utf8.allSatisfy(isHostByte) }) else {
            throw HTTPError(.badRequest, "Malformed host header field.")
        }
    }

    private static func framing(_ head: RequestHead, bodyByteLimit: Int) throws(HTTPError) -> RequestHead.Framing {
        let codings = head.headers[values: .transferEncoding]
        let lengths = head.headers[values: .contentLength]
        guard codings.isEmpty || lengths.isEmpty else {
            throw HTTPError(.badRequest, "Both content-length and transfer-encoding.")
        }
        guard lengths.count <= 1 else { throw HTTPError(.badRequest, "Several content-length header fields.") }
        if let text = lengths.first { return .length(try length(text, limit: bodyByteLimit)) }
        guard !codings.isEmpty else { return .none }
        guard head.minorVersion == 1 else { throw HTTPError(.badRequest, "transfer-encoding in HTTP/1.0.") }
        return try chunked(codings)
    }

    private static func length(_ text: String, limit: Int) throws(HTTPError) -> Int {
        guard !text.isEmpty, text.utf8.allSatisfy(HeadParser.isDigit) else {
            throw HTTPError(.badRequest, "Malformed content-length.")
        }
        // A number of digits only that does not fit an Int is a length, and too large.
        guard let count = Int(text), count <= limit else {
            throw HTTPError(describing: BodyError.tooLarge(limit: limit))
        }
        return count
    }

    private static func chunked(_ fields: [String]) throws(HTTPError) -> RequestHead.Framing {
        let names = fields.joined(separator: ",").lowercased().split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed()) }
        if names == ["chunked"] { return .chunked }
        guard names.last == "chunked", !names.dropLast().contains("chunked"), !names.contains("") else {
            throw HTTPError(.badRequest, "Malformed transfer-encoding.")
        }
        throw HTTPError(.notImplemented, "Unsupported transfer-encoding. Supported: chunked.")
    }

    private static func keepsAlive(_ head: RequestHead) -> Bool {
        let fields = head.headers[values: .connection]
        guard !fields.isEmpty else { return head.minorVersion == 1 }
        let options = fields.joined(separator: ",").lowercased()
            .split(separator: ",").map { $0.filter { $0 != " " && $0 != "\t" } }
        if options.contains("close") { return false }
        return head.minorVersion == 1 || options.contains("keep-alive")
    }

    // RFC 3986 section 3.2.2: registered names, addresses and a port.
    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: ":"), UInt8(ascii: "$")...UInt8(ascii: "."): byte != UInt8(ascii: "/")
        case UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "!"): true
        case UInt8(ascii: ";"), UInt8(ascii: "="): true
        default: false
        }
    }
}
