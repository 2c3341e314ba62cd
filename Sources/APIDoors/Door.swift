public import HTTP
public import HTTPTypes
internal import Serving

/// The door of one dialect: the paths that it answers, and how it spells errors.
public struct Door: Sendable {
    package let errors: ErrorFormat
    /// Whether errors about this path are spelt as this door spells them.
    package let owns: @Sendable (_ path: String) -> Bool
    package let routes: [DoorRoute]
    /// The field by which the dialect's clients learn a request's id, besides `x-request-id`.
    fileprivate let requestIDField: HTTPField.Name?
    fileprivate let settings: APISettings

    package init(
        settings: APISettings, errors: ErrorFormat, owns: @escaping @Sendable (_ path: String) -> Bool,
        requestIDField: HTTPField.Name? = nil, routes: [DoorRoute]
    ) {
        self.settings = settings
        self.requestIDField = requestIDField
        self.errors = errors
        self.owns = owns
        self.routes = routes
    }

    /// The routes for a router.
    fileprivate var httpRoutes: [Route] { routes.flatMap(httpRoutes) }

    fileprivate func httpRoutes(_ route: DoorRoute) -> [Route] {
        route.patterns.map { pattern in
            Route(route.method, pattern) { [errors, settings] request, context, writer in
                let caller = context.caller as? Caller
                if let refusal = route.refusal(of: caller, context: context) {
                    settings.rejections.add(refusal.metricReason)
                    return try await writer.send(refusal, as: errors, of: context.requestID)
                }
                let request = DoorRequest(
                    request, id: context.requestID, parameters: context.parameters,
                    bodyByteLimit: min(settings.bodyByteLimit, settings.bodies.bodyByteLimit),
                    room: BodyRoom(settings.bodies), response: context.response, caller: caller)
                try await route.respond(to: request, errors: errors, settings: settings, writer: writer)
            }
        }
    }
}

/// How a dialect spells the body of an error.
package struct ErrorFormat: Sendable {
    /// What the body looks like.
    package let shape: JSONShape
    private let write: @Sendable (APIError, _ requestID: String?) -> [UInt8]

    package init(_ shape: JSONShape, _ body: @escaping @Sendable (APIError) -> [UInt8]) {
        self.init(shape) { error, _ in body(error) }
    }

    /// Of bodies that name the request, too.
    package init(_ shape: JSONShape, naming body: @escaping @Sendable (APIError, _ requestID: String?) -> [UInt8]) {
        self.shape = shape
        write = body
    }

    /// The body of an error of a request.
    package func body(_ error: APIError, of requestID: String? = nil) -> [UInt8] {
        write(error, requestID)
    }

    /// The body of an error that the HTTP layer answers by itself, such as a 404 or a 413.
    package func body(of error: HTTPError, requestID: String? = nil) -> ErrorBody {
        ErrorBody(contentType: "application/json", bytes: body(APIError(error), of: requestID))
    }
}

/// Doors side by side behind one key check. The first is the one whose spelling holds where no other owns a path.
public struct Doorway: Sendable {
    private let first: Door
    private let others: [Door]
    private let access: AccessControl

    public init(_ first: Door, _ others: [Door] = [], access: AccessControl) {
        self.first = first
        self.others = others
        self.access = access
    }

    /// Everything that is answered, and the description of it at `/openapi.json`.
    public var responder: any HTTPResponder {
        let document = OpenAPIDocument(
            doors: [first] + others, errors: first.errors, version: first.settings.version)
        let routes = others.reduce(into: first.httpRoutes + first.httpRoutes(document.route)) { $0 += $1.httpRoutes }
        let door: @Sendable (String) -> Door = { [first, others] path in
            others.first { $0.owns(path) } ?? first
        }
        return Router(routes).behind([
            DialectSpelling(door: door),
            APIKeyCheck(access: access, openPaths: openPaths, rejections: first.settings.rejections) {
                door($0).errors
            },
        ])
    }

    /// What is answered without a key.
    private var openPaths: Set<String> {
        let routes = ([first] + others).flatMap(\.routes).filter { $0.access == .everybody }
        return Set(routes.flatMap(\.patterns).map(\.description))
    }

    /// Which requests are answered in less time than a change of threads takes: for the server's configuration.
    public var briefRequests: @Sendable (HTTPRequest.Method, _ target: String) -> Bool {
        let routes = ([first] + others).flatMap(\.routes).filter { $0.isBrief && $0.method == .get }
        let paths = Set(routes.flatMap(\.patterns).map(\.description))
        return { $0 == .get && paths.contains($1) }
    }

    /// Counts an error that the HTTP server answers by itself: for the server's configuration.
    public func noteRefusal(_ error: HTTPError) {
        first.settings.rejections.add(error.code.rawValue)
    }

    /// The body of an error that the HTTP server answers by itself: for the server's configuration.
    public func errorBody(of error: HTTPError) -> ErrorBody {
        first.errors.body(of: error)
    }
}

/// Has the refusals of the HTTP layer, such as a 404 or a 413, spelt as the path's door spells errors, and the request's id
/// told in the door's own field.
private struct DialectSpelling: Middleware {
    let door: @Sendable (_ path: String) -> Door

    func respond(
        to request: Request, context: RequestContext, writer: consuming ResponseWriter, next: any HTTPResponder
    ) async throws {
        let door = door(request.path)
        var context = context
        context.errorBody = { [id = context.requestID] in door.errors.body(of: $0, requestID: id) }
        if let field = door.requestIDField {
            context.response.changeHead { [id = context.requestID] in $0.headerFields[field] = id }
        }
        try await next.respond(to: request, context: context, writer: writer)
    }
}
