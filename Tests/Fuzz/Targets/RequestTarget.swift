@testable import HTTP

/// What a connection sends: requests one after the other, with bodies of either framing.
///
/// Invariant: what the parser says does not depend on where the bytes were cut, and no body is larger than its limit.
struct RequestTarget: FuzzTarget {
    static let name = "http"

    private enum Said: Equatable {
        case head(RequestHead)
        case body([UInt8])
        case end
        case refusal(HTTPError)
    }

    /// So small that an input of a few hundred bytes reaches them.
    private static let smallLimits: HTTPLimits = {
        var limits = HTTPLimits()
        limits.lineByteLimit = 96
        limits.fieldLimit = 6
        limits.headByteLimit = 256
        limits.bodyByteLimit = 64
        return limits
    }()

    func run(_ input: [UInt8]) {
        for limits in [HTTPLimits(), Self.smallLimits] {
            let whole = parse(input, piece: max(1, input.count), limits)
            require(parse(input, piece: 1, limits) == whole, "a request that comes byte by byte is another")
            let piece = 2 + Int(input.first ?? 0) % 61
            require(parse(input, piece: piece, limits) == whole, "a request in pieces of \(piece) bytes is another")
            check(whole, limits)
        }
        for coding in [BodyCoding.gzip, .deflate] {
            if let expanded = try? BodyDecoder.decode(input, coding, limit: 10_000) {
                require(expanded.count <= 10_000, "a body expands beyond its limit")
            }
        }
    }

    private func parse(_ input: [UInt8], piece: Int, _ limits: HTTPLimits) -> [Said] {
        var parser = RequestParser(limits: limits)
        var said: [Said] = []
        for start in stride(from: 0, to: input.count, by: piece) {
            parser.append(input[start..<min(input.count, start + piece)])
            do {
                while let event = try parser.next() {
                    add(event, to: &said)
                }
            } catch {
                return said + [.refusal(error)]
            }
        }
        return said
    }

    private func add(_ event: RequestParser.Event, to said: inout [Said]) {
        switch event {
        case .head(let head): said.append(.head(head))
        case .end: said.append(.end)
        case .body(let bytes):
            if case .body(let earlier)? = said.last {
                said[said.count - 1] = .body(earlier + bytes)
            } else {
                said.append(.body(bytes))
            }
        }
    }

    private func check(_ said: [Said], _ limits: HTTPLimits) {
        for case .body(let bytes) in said {
            require(bytes.count <= limits.bodyByteLimit, "a body of \(bytes.count) bytes came through")
        }
        for case .head(let head) in said {
            require(head.headers.count <= limits.fieldLimit, "\(head.headers.count) fields came through")
        }
    }
}
