internal import HTTPTypes

/// Bytes in, requests out: a machine without I/O. What it says does not depend on how the bytes were cut.
///
/// Strict where leniency lets two servers read one request differently (RFC 9112 section 11.2). After an error it
/// stays broken: where the next request would begin is not known.
struct RequestParser: Sendable {
    enum Event: Equatable {
        case head(RequestHead)
        case body([UInt8])
        case end
    }

    private enum State {
        case requestLine(emptyLines: Int)
        case fields(RequestHead, byteCount: Int)
        case body(remaining: Int)
        case chunked(ChunkedDecoder)
        case broken(HTTPError)
    }

    private static let emptyLineLimit = 2

    private let limits: HTTPLimits
    private var state = State.requestLine(emptyLines: 0)
    private var buffer = LineBuffer()

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// How many bytes have arrived that were not parsed yet.
    var pendingByteCount: Int { buffer.count }

    /// Whether a request has begun and not ended.
    var isInsideRequest: Bool {
        if case .requestLine = state { buffer.count > 0 } else { true }
    }

    /// Gives memory back if no bytes wait: an idle connection holds none.
    mutating func shrink() {
        buffer.shrink()
    }

    /// Takes bytes from the connection.
    mutating func append(_ bytes: ArraySlice<UInt8>) {
        buffer.append(bytes)
    }

    /// The next event, or nil when more bytes are needed.
    mutating func next() throws(HTTPError) -> Event? {
        do {
            return try step()
        } catch {
            state = .broken(error)
            buffer.removeAll()
            throw error
        }
    }

    private mutating func step() throws(HTTPError) -> Event? {
        while true {
            switch state {
            case .requestLine(let emptyLines):
                guard try readRequestLine(emptyLines: emptyLines) else { return nil }
            case .fields(var head, let byteCount):
                // The parser keeps no second reference to the fields, so that adding one copies nothing.
                state = .requestLine(emptyLines: 0)
                let isComplete: Bool?
                var total = byteCount
                isComplete = try readField(into: &head, byteCount: &total)
                guard isComplete == true else {
                    state = .fields(head, byteCount: total)
                    if isComplete == nil { return nil }
                    continue
                }
                return .head(try finish(head))
            case .body(let remaining):
                guard remaining > 0 else { return end() }
                let bytes = buffer.take(upTo: remaining)
                guard !bytes.isEmpty else { return nil }
                state = .body(remaining: remaining - bytes.count)
                return .body(bytes)
            case .chunked(var decoder):
                let event = try decoder.next(from: &buffer)
                state = .chunked(decoder)
                switch event {
                case nil: return nil
                case .data(let bytes): return .body(bytes)
                case .end: return end()
                }
            case .broken(let error): throw error
            }
        }
    }

    private mutating func end() -> Event {
        state = .requestLine(emptyLines: 0)
        return .end
    }

    private mutating func readRequestLine(emptyLines: Int) throws(HTTPError) -> Bool {
        switch buffer.nextLine(limit: limits.lineByteLimit) {
        case .incomplete: return false
        case .tooLong: throw HTTPError(.targetTooLong, "The request line has more than \(limits.lineByteLimit) bytes.")
        case .malformed: throw HTTPError(.badRequest, "Malformed request line.")
        case .whole(let line) where line.isEmpty && emptyLines < Self.emptyLineLimit:
            // Section 2.2: old clients send an empty line after a body.
            state = .requestLine(emptyLines: emptyLines + 1)
        case .whole(let line):
            state = .fields(try HeadParser.requestLine(line), byteCount: line.count + 2)
        }
        return true
    }

    // True when the head is complete, false after a field, nil when more bytes are needed.
    private mutating func readField(into head: inout RequestHead, byteCount: inout Int) throws(HTTPError) -> Bool? {
        switch buffer.nextLine(limit: min(limits.lineByteLimit, limits.headByteLimit - byteCount)) {
        case .incomplete: return nil
        case .malformed: throw HTTPError(.badRequest, "Malformed header line.")
        case .tooLong:
            let message =
                "A header field has more than \(limits.lineByteLimit) bytes, or all have more than "
                + "\(limits.headByteLimit)."
            throw HTTPError(.headersTooLarge, message)
        case .whole(let line) where line.isEmpty: return true
        case .whole(let line):
            byteCount += line.count + 2
            guard head.headers.count < limits.fieldLimit else {
                throw HTTPError(.headersTooLarge, "More than \(limits.fieldLimit) header fields.")
            }
            head.headers.append(try HeadParser.field(line))
            return false
        }
    }

    private mutating func finish(_ complete: RequestHead) throws(HTTPError) -> RequestHead {
        var head = complete
        try HeadRules.apply(to: &head, bodyByteLimit: limits.bodyByteLimit)
        switch head.framing {
        case .none: state = .body(remaining: 0)
        case .length(let count): state = .body(remaining: count)
        case .chunked: state = .chunked(ChunkedDecoder(limits: limits))
        }
        return head
    }
}
