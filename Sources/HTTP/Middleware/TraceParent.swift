internal import HTTPTypes

/// The trace that a request is part of, by the field `traceparent` of https://www.w3.org/TR/trace-context/.
struct TraceParent: Sendable, Hashable {
    /// The field's value.
    let text: String
    /// The 32 hexadecimal digits that all of a trace share.
    let traceID: String

    // The specification's own name; it is valid.
    private static let name = HTTPField.Name("traceparent")

    /// Nil where the request is part of none, or says so in a way that is not the specification's.
    init?(_ headers: HTTPFields) {
        guard let name = Self.name, let text = headers[name], text.utf8.count <= 512 else { return nil }
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 4, Self.isHex(parts[0], 2), parts[0] != "ff", Self.isHex(parts[1], 32),
            Self.isHex(parts[2], 16), Self.isHex(parts[3], 2),
            parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" })
        else { return nil }
        // Later versions may have more behind; ours has not.
        guard parts.count == 4 || parts[0] != "00" else { return nil }
        self.text = parts.prefix(4).joined(separator: "-")
        traceID = String(parts[1])
    }

    /// Repeats the field in the response.
    func apply(to head: inout HTTPResponse) {
        guard let name = Self.name, head.headerFields[name] == nil else { return }
        head.headerFields[name] = text
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { 0x30...0x39 ~= $0 || 0x61...0x66 ~= $0 }
    }
}
