internal import HTTPTypes

/// The lines of a request head, RFC 9112 sections 3 and 5. Each function takes one line without its line end.
enum HeadParser {
    /// Reads the request line.
    static func requestLine(_ line: ArraySlice<UInt8>) throws(HTTPError) -> RequestHead {
        let parts = line.split(separator: space, maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, parts[0].allSatisfy(isTokenByte) else {
            throw HTTPError(.badRequest, "Malformed request line.")
        }
        let minorVersion = try version(parts[2])
        guard let method = HTTPRequest.Method(String(decoding: parts[0], as: UTF8.self)) else {
            throw HTTPError(.badRequest, "Malformed method.")
        }
        guard method != .connect else { throw HTTPError(.notImplemented, "CONNECT is not implemented.") }
        let target = try target(parts[1], method: method)
        return RequestHead(method: method, target: target, minorVersion: minorVersion, keepsAlive: minorVersion == 1)
    }

    /// Reads one field line.
    static func field(_ line: ArraySlice<UInt8>) throws(HTTPError) -> HTTPField {
        // A leading blank is obsolete line folding, a blank before the colon a smuggling form: sections 5.1 and 5.2.
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(isTokenByte),
            let name = HTTPField.Name(String(decoding: line[..<colon], as: UTF8.self))
        else { throw HTTPError(.badRequest, "Malformed header field name.") }
        var value = line[(colon + 1)...]
        while let first = value.first, isBlank(first) { value.removeFirst() }
        while let last = value.last, isBlank(last) { value.removeLast() }
        guard value.allSatisfy(isValueByte) else {
            throw HTTPError(.badRequest, "Malformed value of header field \(name.rawName).")
        }
        return HTTPField(name: name, value: String(decoding: value, as: UTF8.self))
    }

    private static func version(_ text: ArraySlice<UInt8>) throws(HTTPError) -> Int {
        let digits = text.dropFirst(5)
        guard text.starts(with: Array("HTTP/".utf8)), digits.count == 3,
            let major = digits.first, let minor = digits.last, digits.dropFirst().first == UInt8(ascii: "."),
            isDigit(major), isDigit(minor)
        else { throw HTTPError(.badRequest, "Malformed HTTP version.") }
        guard major == UInt8(ascii: "1") else {
            throw HTTPError(.versionNotSupported, "Supported versions: HTTP/1.1 and HTTP/1.0.")
        }
        return minor == UInt8(ascii: "0") ? 0 : 1
    }

    private static func target(_ bytes: ArraySlice<UInt8>, method: HTTPRequest.Method) throws(HTTPError) -> String {
        let malformed = HTTPError(.badRequest, "Malformed request target.")
        guard !bytes.isEmpty, bytes.allSatisfy(isTargetByte) else { throw malformed }
        let text = String(decoding: bytes, as: UTF8.self)
        if text == "*" {
            guard method == .options else { throw malformed }
            return text
        }
        let origin = text.hasPrefix("/") ? text : try originForm(absolute: text, orThrow: malformed)
        guard PercentEncoding.decode(TargetParts(origin).path) != nil else { throw malformed }
        return origin
    }

    // Section 3.2.2: a server must take absolute form too, though only proxies are sent it.
    private static func originForm(absolute: String, orThrow malformed: HTTPError) throws(HTTPError) -> String {
        let lowercased = absolute.prefix(8).lowercased()
        guard let scheme = ["http://", "https://"].first(where: { lowercased.hasPrefix($0) }) else { throw malformed }
        let rest = absolute.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        guard !authority.isEmpty else { throw malformed }
        let path = rest.dropFirst(authority.count)
        return path.hasPrefix("/") ? String(path) : "/\(path)"
    }
}

/// The byte classes of RFC 9110 section 5.6 and RFC 9112.
extension HeadParser {
    static let space = UInt8(ascii: " ")

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == space || byte == UInt8(ascii: "\t")
    }

    static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "#")...UInt8(ascii: "'"): true
        case UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."): true
        case UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"): true
        default: false
        }
    }

    private static func isValueByte(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\t") || (byte >= space && byte != 0x7F)
    }

    private static func isTargetByte(_ byte: UInt8) -> Bool {
        byte > space && byte < 0x7F && byte != UInt8(ascii: "#")
    }
}
