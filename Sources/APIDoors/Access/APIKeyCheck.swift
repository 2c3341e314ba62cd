package import HTTP
internal import HTTPTypes
internal import Serving

/// Lets nobody pass without a key, but to what is open to everybody: a load balancer that asks for `/health` has none.
package struct APIKeyCheck: Middleware {
    private let access: AccessControl
    private let openPaths: Set<String>
    private let rejections: EventCounters<String>
    private let errors: @Sendable (_ path: String) -> ErrorFormat

    /// `openPaths` can be read without a key; `errors` is how the refusal of a path's request is spelt.
    init(
        access: AccessControl, openPaths: Set<String>, rejections: EventCounters<String>,
        errors: @escaping @Sendable (_ path: String) -> ErrorFormat
    ) {
        self.access = access
        self.openPaths = openPaths
        self.rejections = rejections
        self.errors = errors
    }

    package func respond(
        to request: Request, context: RequestContext, writer: consuming ResponseWriter, next: any HTTPResponder
    ) async throws {
        var context = context
        let keys = Self.givenKeys(request)
        // What is open tells nothing of keys, so that nobody guesses there.
        let admission =
            isOpen(request)
            ? access.caller(bringing: keys).map { .caller($0) } : access.admission(bringing: keys, from: context.peer)
        if case .refused(let error) = admission {
            rejections.add(error.metricReason)
            return try await writer.send(error, as: errors(request.path), of: context.requestID)
        }
        if case .caller(let caller) = admission {
            context.caller = caller
            if let name = caller.name { context.response.found(caller: name) }
        }
        try await next.respond(to: request, context: context, writer: writer)
    }

    private func isOpen(_ request: Request) -> Bool {
        (request.method == .get || request.method == .head) && openPaths.contains(request.path)
    }

    private static let keyField = HTTPField.Name("x-api-key")

    /// The keys by Anthropic's header field and by OpenAI's; some clients send one in each.
    private static func givenKeys(_ request: Request) -> [[UInt8]] {
        var keys: [[UInt8]] = []
        if let name = keyField, let key = request.headers[name] { keys.append(Array(key.utf8)) }
        if let field = request.headers[.authorization] {
            let parts = field.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: true)
            if parts.count == 2, parts[0].lowercased() == "bearer" {
                keys.append(Array(parts[1].utf8.drop { $0 == UInt8(ascii: " ") }))
            }
        }
        return keys
    }
}
