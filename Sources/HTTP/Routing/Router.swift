public import HTTPTypes

/// What answers one method on one path.
public struct Route: Sendable {
    /// The form of a responder written in place.
    public typealias Handler = @Sendable (Request, RequestContext, consuming ResponseWriter) async throws -> Void

    let method: HTTPRequest.Method
    let pattern: RoutePattern
    let handler: Handler

    /// A route answered by a closure.
    public init(_ method: HTTPRequest.Method, _ pattern: RoutePattern, handler: @escaping Handler) {
        self.method = method
        self.pattern = pattern
        self.handler = handler
    }

    /// A route answered by a responder.
    public init(_ method: HTTPRequest.Method, _ pattern: RoutePattern, _ responder: some HTTPResponder) {
        self.init(method, pattern) { request, context, writer in
            try await responder.respond(to: request, context: context, writer: writer)
        }
    }
}

/// Finds the route of a request: exact paths in a table first, then the few patterns with gaps.
///
/// An unknown path answers 404 `unknown_url`, a known one with another method 405 `method_not_allowed` with `allow`.
/// HEAD goes to the GET route, whose body is then not sent; OPTIONS answers 204 with `allow`. Errors that a route
/// throws before its response has begun become responses here, so that middleware sees every answer alike.
public struct Router: HTTPResponder {
    private var exact: [String: [Route]] = [:]
    private var patterns: [(pattern: RoutePattern, routes: [Route])] = []

    /// A router of the given routes. Of two routes for the same method and pattern the first counts.
    public init(_ routes: [Route]) {
        for route in routes {
            if route.pattern.isLiteral {
                exact[route.pattern.description, default: []].append(route)
            } else if let index = patterns.firstIndex(where: { $0.pattern == route.pattern }) {
                patterns[index].routes.append(route)
            } else {
                patterns.append((route.pattern, [route]))
            }
        }
        patterns.sort { $0.pattern.literalCount > $1.pattern.literalCount }
    }

    /// Hands the request to its route.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter
    ) async throws {
        guard let found = find(request.target) else {
            return try await context.answer(
                HTTPError(.unknownURL, "Unknown request URL: \(request.method) \(request.path)"))
        }
        guard let route = Self.choose(request.method, from: found.routes) else {
            return try await refuse(request, routes: found.routes, context: context, writer: writer)
        }
        var context = context
        context.parameters = found.parameters
        context.response.found(route: route.pattern.description)
        do {
            try await route.handler(request, context, writer)
        } catch {
            try await context.answer(error)
        }
    }

    private func find(_ target: String) -> (routes: [Route], parameters: [String: String])? {
        let path = TargetParts(target).path
        if let routes = exact[String(path)] { return (routes, [:]) }
        let isEncoded = path.utf8.contains(UInt8(ascii: "%"))
        if isEncoded, let decoded = PercentEncoding.decode(path), let routes = exact[decoded] { return (routes, [:]) }
        let segments = RoutePattern.split(path)
        for (pattern, routes) in patterns {
            if let parameters = pattern.match(segments) { return (routes, parameters) }
        }
        return nil
    }

    private static func choose(_ method: HTTPRequest.Method, from routes: [Route]) -> Route? {
        routes.first { $0.method == method } ?? (method == .head ? routes.first { $0.method == .get } : nil)
    }

    private func refuse(
        _ request: Request,
        routes: [Route],
        context: RequestContext,
        writer: consuming ResponseWriter
    ) async throws {
        var names = routes.map(\.method.rawValue)
        if names.contains("GET"), !names.contains("HEAD") { names.append("HEAD") }
        names.append("OPTIONS")
        let allowed: HTTPFields = [.allow: names.joined(separator: ", ")]
        guard request.method == .options else {
            let message =
                "Not allowed here: \(request.method) \(request.path). Allowed: \(names.joined(separator: ", "))."
            return try await context.answer(HTTPError(.methodNotAllowed, message, headers: allowed))
        }
        try await writer.send(HTTPResponse(status: .noContent, headerFields: allowed))
    }
}
