package import HTTP

/// The door of one dialect: the paths that it answers, and how it spells errors.
package protocol APIDoor: Sendable {
    var routes: [Route] { get }
    var errors: ErrorFormat { get }
    /// Whether errors about this path are spelt as this door spells them.
    func owns(path: String) -> Bool
}

/// How a dialect spells the body of an error.
package struct ErrorFormat: Sendable {
    package let body: @Sendable (APIError) -> [UInt8]

    package init(_ body: @escaping @Sendable (APIError) -> [UInt8]) {
        self.body = body
    }
}

/// Doors side by side behind one key check. The first is the one whose spelling holds where no other owns a path.
package struct Doorway {
    private let first: any APIDoor
    private let others: [any APIDoor]
    private let keys: [String]

    package init(_ first: any APIDoor, _ others: [any APIDoor] = [], keys: [String]) {
        self.first = first
        self.others = others
        self.keys = keys
    }

    /// Everything that is answered.
    package var responder: any HTTPResponder {
        let routes = others.reduce(into: first.routes) { $0 += $1.routes }
        let errors: @Sendable (String) -> ErrorFormat = { [first, others] path in
            (others.first { $0.owns(path: path) } ?? first).errors
        }
        return Router(routes).behind([ErrorSpelling(errors: errors), APIKeyCheck(keys: keys, errors: errors)])
    }
}

/// Has the refusals of the HTTP layer, such as a 404 or a 413, spelt as the path's door spells errors.
private struct ErrorSpelling: Middleware {
    let errors: @Sendable (_ path: String) -> ErrorFormat

    func respond(
        to request: Request, context: RequestContext, writer: consuming ResponseWriter, next: any HTTPResponder
    ) async throws {
        let format = errors(request.path)
        var context = context
        context.errorBody = { ErrorBody(contentType: "application/json", bytes: format.body(APIError($0))) }
        try await next.respond(to: request, context: context, writer: writer)
    }
}
