public import HTTPTypes

/// A request as it reached the server. Its head is complete and valid; its body may still be on the way.
public struct Request: Sendable {
    /// The method, as sent.
    public var method: HTTPRequest.Method
    /// The request target in origin form, as sent: path and query, not decoded.
    public var target: String
    /// The path, percent-decoded. `%2F` reads as `/` here; patterns still see the segments apart.
    public var path: String
    /// What follows the first `?` of the target, not decoded.
    public var query: String?
    /// The header fields in the order of arrival.
    public var headers: HTTPFields
    /// The body.
    public var body: RequestBody

    /// A request to hand to a responder without a connection.
    ///
    /// - Parameters:
    ///   - method: The method.
    ///   - target: Path and query, percent-encoded. A malformed escape is taken literally.
    ///   - headers: The header fields.
    ///   - body: The body.
    public init(
        method: HTTPRequest.Method,
        target: String,
        headers: HTTPFields = [:],
        body: RequestBody = RequestBody([])
    ) {
        let parts = TargetParts(target)
        self.method = method
        self.target = target
        self.path = PercentEncoding.decode(parts.path) ?? String(parts.path)
        self.query = parts.query.map(String.init)
        self.headers = headers
        self.body = body
    }
}
