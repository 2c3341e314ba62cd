/// A response's status and fields.
public struct ClientResponse: Hashable, Sendable {
    public var status: Int
    /// In their order, names in lower case.
    public var fields: [(name: String, value: String)] {
        pairs.map { ($0.name, $0.value) }
    }

    struct Field: Hashable, Sendable {
        var name: String
        var value: String
    }
    var pairs: [Field]

    /// The first field of a name in lower case.
    public subscript(name: String) -> String? {
        pairs.first { $0.name == name }?.value
    }
}

/// One response after another from a server's bytes. A pure machine: it reads nothing by itself.
///
/// States: *head*, *body* (counted, chunked or up to the end of the connection), *trailers*, *done*.
struct ResponseParser {
    private enum State: Equatable {
        case head
        case counted(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
        case done
    }

    /// The head, once it is complete.
    private(set) var response: ClientResponse?
    private var state = State.head
    private var line: [UInt8] = []
    private var lines: [[UInt8]] = []
    private var headByteCount = 0
    /// Whether the request was a HEAD, whose answer tells of a body that does not come: RFC 9110 section 9.3.2.
    private let answersHead: Bool

    init(answersHead: Bool = false) {
        self.answersHead = answersHead
    }

    private static let headLimit = 64 * 1024

    /// Whether the response is complete.
    var isDone: Bool { state == .done }

    /// Whether another request may follow on the same connection.
    private(set) var keepsAlive = false

    /// Takes bytes as far as they belong to the response.
    ///
    /// - Parameters:
    ///   - bytes: new bytes; those that were used are removed.
    ///   - body: gets what they hold of the body.
    /// - Throws: ``ClientError`` where they are no answer of HTTP/1.1.
    mutating func consume(_ bytes: inout ArraySlice<UInt8>, body: inout [UInt8]) throws(ClientError) {
        while !bytes.isEmpty, state != .done {
            switch state {
            case .counted(let left): take(left, of: &bytes, into: &body) { $0 == 0 ? .done : .counted($0) }
            case .chunk(let left): take(left, of: &bytes, into: &body) { $0 == 0 ? .chunkEnd : .chunk($0) }
            case .untilClose:
                body += bytes
                bytes = []
            case .head, .chunkSize, .chunkEnd, .trailers:
                guard let end = bytes.firstIndex(of: 0x0A) else {
                    line += bytes
                    bytes = []
                    try checkHead()
                    return
                }
                line += bytes[..<end]
                bytes = bytes[(end + 1)...]
                if line.last == 0x0D { line.removeLast() }
                try checkHead()
                try endLine()
            case .done: return
            }
        }
    }

    /// The connection has ended.
    mutating func end() throws(ClientError) {
        guard state == .untilClose || state == .done else {
            throw ClientError("the server closed the connection in the middle of its answer")
        }
        state = .done
    }

    private mutating func take(
        _ left: Int, of bytes: inout ArraySlice<UInt8>, into body: inout [UInt8], next: (Int) -> State
    ) {
        let count = min(left, bytes.count)
        body += bytes.prefix(count)
        bytes = bytes.dropFirst(count)
        state = next(left - count)
    }

    private func checkHead() throws(ClientError) {
        guard headByteCount + line.count <= Self.headLimit else {
            throw ClientError("the server's answer begins with more than \(Self.headLimit) bytes of fields")
        }
    }

    private mutating func endLine() throws(ClientError) {
        defer { line.removeAll(keepingCapacity: true) }
        switch state {
        case .head where line.isEmpty && !lines.isEmpty: try endHead()
        case .head where line.isEmpty: return
        case .head:
            headByteCount += line.count
            lines.append(line)
        case .chunkSize:
            let digits = line.prefix { $0 != UInt8(ascii: ";") && $0 != 0x20 && $0 != 0x09 }
            guard let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
                throw ClientError("the server sent a chunk without a size")
            }
            state = size == 0 ? .trailers : .chunk(size)
        case .chunkEnd: state = .chunkSize
        case .trailers: if line.isEmpty { state = .done }
        case .counted, .chunk, .untilClose, .done: return
        }
    }

    private mutating func endHead() throws(ClientError) {
        let texts = lines.map { String(decoding: $0, as: UTF8.self) }
        lines = []
        headByteCount = 0
        let parts = texts[0].split(separator: " ", maxSplits: 2)
        guard parts.count >= 2, parts[0].hasPrefix("HTTP/1."), let status = Int(parts[1]), 100...599 ~= status else {
            throw ClientError("the server does not speak HTTP/1.1")
        }
        // Interim answers come before the real one.
        guard status >= 200 else { return }
        let pairs = texts.dropFirst().compactMap { text -> ClientResponse.Field? in
            guard let colon = text.firstIndex(of: ":") else { return nil }
            let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            return ClientResponse.Field(name: text[..<colon].lowercased(), value: String(value))
        }
        let head = ClientResponse(status: status, pairs: pairs)
        response = head
        keepsAlive = parts[0] == "HTTP/1.1" && head["connection"]?.lowercased() != "close"
        state = try bodyState(head)
        if state == .untilClose { keepsAlive = false }
    }

    private func bodyState(_ head: ClientResponse) throws(ClientError) -> State {
        if answersHead || head.status == 204 || head.status == 304 { return .done }
        if let coding = head["transfer-encoding"] {
            guard coding.lowercased() == "chunked" else {
                throw ClientError("the server sent the transfer coding '\(coding.prefix(40))'")
            }
            return .chunkSize
        }
        guard let length = head["content-length"] else { return .untilClose }
        guard let count = Int(length), count >= 0 else {
            throw ClientError("the server sent the content length '\(length.prefix(40))'")
        }
        return count == 0 ? .done : .counted(count)
    }
}
