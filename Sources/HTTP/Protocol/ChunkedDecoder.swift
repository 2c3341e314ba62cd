/// The chunked transfer coding, RFC 9112 section 7.1. Chunk extensions and trailer fields are checked and dropped.
struct ChunkedDecoder: Sendable {
    private enum State {
        case size
        case data(remaining: Int)
        case dataEnd
        case trailers
    }

    enum Event: Equatable {
        case data([UInt8])
        case end
    }

    private static let sizeLineByteLimit = 1_024
    private static let sizeDigitLimit = 15

    private let limits: HTTPLimits
    private var state = State.size
    private var bodyByteCount = 0
    private var trailerByteCount = 0
    private var trailerCount = 0

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// The next piece of the body, or nil when more bytes are needed.
    mutating func next(from buffer: inout LineBuffer) throws(HTTPError) -> Event? {
        while true {
            switch state {
            case .size:
                guard let size = try nextSize(from: &buffer) else { return nil }
                state = size == 0 ? .trailers : .data(remaining: size)
            case .data(let remaining):
                let data = buffer.take(upTo: remaining)
                guard !data.isEmpty else { return nil }
                state = data.count == remaining ? .dataEnd : .data(remaining: remaining - data.count)
                return .data(data)
            case .dataEnd:
                switch buffer.nextLine(limit: 2) {
                case .incomplete: return nil
                case .whole(let line) where line.isEmpty: state = .size
                default: throw HTTPError(.badRequest, "A chunk is longer than its size.")
                }
            case .trailers:
                guard let isLast = try skipTrailer(from: &buffer) else { return nil }
                if isLast { return .end }
            }
        }
    }

    private mutating func nextSize(from buffer: inout LineBuffer) throws(HTTPError) -> Int? {
        let line: ArraySlice<UInt8>
        switch buffer.nextLine(limit: Self.sizeLineByteLimit) {
        case .incomplete: return nil
        case .whole(let whole): line = whole
        case .tooLong, .malformed: throw HTTPError(.badRequest, "Malformed chunk size.")
        }
        let digits = line.prefix { PercentEncoding.hexadecimalValue($0) != nil }
        let rest = line[digits.endIndex...].drop(while: HeadParser.isBlank)
        let isExtension = rest.first == UInt8(ascii: ";") && rest.allSatisfy { $0 >= HeadParser.space && $0 != 0x7F }
        guard !digits.isEmpty, digits.count <= Self.sizeDigitLimit,
            digits.endIndex == line.endIndex || isExtension
        else { throw HTTPError(.badRequest, "Malformed chunk size.") }
        let size = digits.reduce(0) { $0 << 4 | Int(PercentEncoding.hexadecimalValue($1) ?? 0) }
        guard size <= limits.bodyByteLimit - bodyByteCount else {
            throw HTTPError(describing: BodyError.tooLarge(limit: limits.bodyByteLimit))
        }
        bodyByteCount += size
        return size
    }

    // True after the empty line that ends the message, false after a field, nil when more bytes are needed.
    private mutating func skipTrailer(from buffer: inout LineBuffer) throws(HTTPError) -> Bool? {
        switch buffer.nextLine(limit: min(limits.lineByteLimit, limits.headByteLimit - trailerByteCount)) {
        case .incomplete: return nil
        case .malformed: throw HTTPError(.badRequest, "Malformed trailer line.")
        case .tooLong: throw HTTPError(.headersTooLarge, "The trailer section is too large.")
        case .whole(let line) where line.isEmpty: return true
        case .whole(let line):
            trailerByteCount += line.count + 2
            trailerCount += 1
            guard trailerCount <= limits.fieldLimit else {
                throw HTTPError(.headersTooLarge, "More than \(limits.fieldLimit) trailer fields.")
            }
            _ = try HeadParser.field(line)
            return false
        }
    }
}
