internal import APIDoors
internal import JSON
internal import Serving

/// `keep_alive`: how long a model stays in memory after its last request.
enum KeepAlive: Sendable, Equatable {
    case forever
    case time(Duration)

    /// Longer ones are as good as for ever, and could not be added to a date.
    private static let longest = 1e9

    private static let units: [Substring: Double] = [
        "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600,
    ]

    /// A number of seconds, or text such as `10m`, `1h30m` or `-1s`; what is negative stands for ever.
    init?(_ value: JSONValue) {
        let seconds = value.doubleValue ?? value.stringValue.flatMap { Self.seconds($0) }
        guard let seconds else { return nil }
        self = seconds < 0 || seconds > Self.longest ? .forever : .time(.seconds(seconds))
    }

    /// Nil stands for ever.
    var duration: Duration? {
        switch self {
        case .forever: nil
        case .time(let time): time
        }
    }

    /// The text of a duration, as the language of Ollama writes it: a sign, and numbers that each have a unit.
    private static func seconds(_ text: String) -> Double? {
        guard let match = text.wholeMatch(of: /([+-]?)(0|(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+)/)
        else {
            return nil
        }
        let sum = match.2.matches(of: /([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/).reduce(0.0) { sum, part in
            sum + (Double(part.1.hasPrefix(".") ? "0\(part.1)" : "\(part.1)") ?? 0) * (units[part.2] ?? 0)
        }
        return match.1 == "-" ? -sum : sum
    }
}

extension FieldReader {
    /// The field `keep_alive`; nil where there is none.
    mutating func keepAlive() throws(APIError) -> KeepAlive? {
        guard let value = value("keep_alive") else { return nil }
        guard let keepAlive = KeepAlive(value) else {
            throw invalid(
                "keep_alive", "'keep_alive' must be a number of seconds or a duration such as '10m', '1h30m' or '-1s'.")
        }
        return keepAlive
    }
}

extension InferenceService {
    /// Has a model stay as long as a request says; says in the remarks where the server does not let it.
    func keep(
        _ name: String?, for keepAlive: KeepAlive?, _ remarks: inout RequestRemarks
    ) throws {
        guard let keepAlive, try !registry.keep(name, for: keepAlive.duration) else { return }
        try remarks.warn("keep_alive", KeepAlive.withoutEffect)
    }
}

extension KeepAlive {
    /// Of a model that the server was started with.
    static let withoutEffect = "This model stays loaded; it has no effect."
}
