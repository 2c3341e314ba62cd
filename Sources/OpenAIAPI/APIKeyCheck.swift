internal import HTTP
internal import HTTPTypes

/// Lets nobody pass without a key, but to `/health`: a load balancer has none.
struct APIKeyCheck: Middleware {
    private let keys: [[UInt8]]
    private let openPaths: Set<String> = ["/health", "/v1/health"]

    init(keys: [String]) {
        self.keys = keys.map { Array($0.utf8) }
    }

    func respond(
        to request: Request, context: RequestContext, writer: consuming ResponseWriter, next: any HTTPResponder
    ) async throws {
        if keys.isEmpty || openPaths.contains(request.path) || request.method == .options || isAllowed(request) {
            try await next.respond(to: request, context: context, writer: writer)
        } else {
            try await writer.send(.invalidAPIKey)
        }
    }

    private func isAllowed(_ request: Request) -> Bool {
        guard let field = request.headers[.authorization] else { return false }
        let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return false }
        let given = Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") })
        // Every key is looked at to its end, so that the time taken tells nothing of where they differ.
        var isAllowed = false
        for key in keys {
            isAllowed = Self.isEqual(given, key) || isAllowed
        }
        return isAllowed
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
