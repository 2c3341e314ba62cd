/// A path with named gaps, such as `/v1/models/{id}`.
///
/// Segments are compared percent-decoded, so `/v1/%6Dodels` is the same path. A gap takes one segment, decoded. A gap
/// at the end takes all that is left, slashes included: an id such as `Qwen/Qwen3-0.6B` may come encoded or not.
public struct RoutePattern: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    enum Segment: Sendable, Hashable {
        case literal(String)
        case parameter(String)
    }

    /// The pattern as written.
    public let description: String
    let segments: [Segment]

    /// Reads a pattern: segments in braces are gaps.
    public init(_ text: String) {
        description = text
        segments = Self.split(text).map { segment in
            guard segment.hasPrefix("{"), segment.hasSuffix("}") else { return .literal(String(segment)) }
            return .parameter(String(segment.dropFirst().dropLast()))
        }
    }

    /// Reads a pattern.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// Whether there is no gap.
    var isLiteral: Bool {
        segments.allSatisfy { if case .literal = $0 { true } else { false } }
    }

    /// How many segments are literal: of two patterns that match, the one with more of them is meant.
    var literalCount: Int {
        segments.count { if case .literal = $0 { true } else { false } }
    }

    /// The values of the gaps if the raw path's segments match, or nil.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count >= segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case .literal(let text):
                guard PercentEncoding.decode(path[index]) == text else { return nil }
                if isLast, path.count > segments.count { return nil }
            case .parameter(let name):
                let taken = isLast ? path[index...].joined(separator: "/") : String(path[index])
                guard !taken.isEmpty, let value = PercentEncoding.decode(taken) else { return nil }
                parameters[name] = value
            }
        }
        return parameters
    }

    /// The segments of a raw path: what stands between its slashes, without the first, empty one.
    static func split(_ path: some StringProtocol) -> [Substring] {
        let text = path.hasPrefix("/") ? Substring(path.dropFirst()) : Substring(path)
        return text.split(separator: "/", omittingEmptySubsequences: false)
    }
}
