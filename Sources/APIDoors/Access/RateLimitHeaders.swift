internal import HTTPTypes

extension RateLimiter.Refusal {
    /// The refusal in the API's words.
    func error(of caller: Caller) -> APIError {
        let whose = caller.name.map { "The key '\($0)' may" } ?? "All clients together may"
        let what = kind == .requests ? "send \(limit) requests" : "use \(limit) tokens"
        let seconds = (wait.milliseconds / 100).rounded(.up) / 10
        return APIError(
            status: 429, message: "\(whose) \(what) a minute. Try again in \(seconds) s.", type: .rateLimit,
            code: .rateLimitExceeded, retryAfter: wait)
    }
}

extension [RateLimiter.Standing] {
    /// `x-ratelimit-…` as OpenAI has them; times are written as `1.5s`.
    var headers: HTTPFields {
        var fields: HTTPFields = [:]
        for standing in self {
            func set(_ part: String, _ value: String) {
                if let name = HTTPField.Name("x-ratelimit-\(part)-\(standing.kind.rawValue)") { fields[name] = value }
            }
            set("limit", String(standing.limit))
            set("remaining", String(standing.remaining))
            set("reset", "\((standing.reset.milliseconds / 10).rounded(.up) / 100)s")
        }
        return fields
    }
}
