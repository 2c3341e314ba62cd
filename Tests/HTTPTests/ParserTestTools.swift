import HTTPTypes

@testable import HTTP

/// What a parser said about a whole input, with the body's pieces joined: it must not depend on the cut.
enum ParsedItem: Equatable {
    case head(RequestHead)
    case body([UInt8])
    case end
    case error(HTTPError)
}

/// Feeds an input in pieces and gathers what the parser says.
func parse(_ input: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) -> [ParsedItem] {
    var parser = RequestParser(limits: limits)
    var items: [ParsedItem] = []
    var start = 0
    for end in (cuts.filter { $0 > 0 && $0 < input.count } + [input.count]).sorted() {
        parser.append(input[start..<end])
        start = end
        do {
            while let event = try parser.next() { add(event, to: &items) }
        } catch {
            return items + [.error(error)]
        }
    }
    return items
}

private func add(_ event: RequestParser.Event, to items: inout [ParsedItem]) {
    switch event {
    case .head(let head): items.append(.head(head))
    case .end: items.append(.end)
    case .body(let bytes):
        if case .body(let earlier)? = items.last {
            items[items.count - 1] = .body(earlier + bytes)
        } else {
            items.append(.body(bytes))
        }
    }
}

func parse(_ text: String) -> [ParsedItem] {
    parse(Array(text.utf8))
}

/// The status of the error that an input ends in, or nil.
func refusal(_ text: String, limits: HTTPLimits = HTTPLimits()) -> Int? {
    guard case .error(let error)? = parse(Array(text.utf8), limits: limits).last else { return nil }
    return error.status.code
}

/// A small seeded generator (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
