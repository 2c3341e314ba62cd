package import HTTP
internal import HTTPTypes

/// Lets nobody pass without a key, but to `/health`: a load balancer has none.
package struct APIKeyCheck: Middleware {
    private let keys: [[UInt8]]
    private let errors: @Sendable (_ path: String) -> ErrorFormat
    private let openPaths: Set<String> = ["/health", "/v1/health"]

    /// `errors` is how the refusal of a path's request is spelt.
    package init(keys: [String], errors: @escaping @Sendable (_ path: String) -> ErrorFormat) {
        self.keys = keys.map { Array($0.utf8) }
        self.errors = errors
    }

    package func respond(
        to request: Request, context: RequestContext, writer: consuming ResponseWriter, next: any HTTPResponder
    ) async throws {
        if keys.isEmpty || openPaths.contains(request.path) || request.method == .options || isAllowed(request) {
            try await next.respond(to: request, context: context, writer: writer)
        } else {
            try await writer.send(.invalidAPIKey, as: errors(request.path))
        }
    }

    private func isAllowed(_ request: Request) -> Bool {
        guard let given = Self.givenKey(request) else { return false }
        // Every key is looked at to its end, so that the time taken tells nothing of where they differ.
        var isAllowed = false
        for key in keys {
            isAllowed = Self.isEqual(given, key) || isAllowed
        }
        return isAllowed
    }

    /// The key by OpenAI's header field or by Anthropic's.
    static func givenKey(_ request: Request) -> [UInt8]? {
        if let name = HTTPField.Name("x-api-key"), let key = request.headers[name] { return Array(key.utf8) }
        guard let field = request.headers[.authorization] else { return nil }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") })
    }

    /// Compares in a time that depends on the given bytes' length alone.
    private static func isEqual(_ given: [UInt8], _ key: [UInt8]) -> Bool {
        var difference = given.count ^ key.count
        for (index, byte) in given.enumerated() {
            difference |= Int(byte ^ (key.isEmpty ? 0 : key[index % key.count]))
        }
        return difference == 0
    }
}
