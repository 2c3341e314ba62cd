/// One concern that lies around the answering of every request.
public protocol Middleware: Sendable {
    /// Does its part, then hands on to `next`, or answers itself.
    ///
    /// A response's head is changed through `context.response.changeHead`, before handing on; what was sent is read
    /// from `context.response` afterwards.
    func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws
}

extension HTTPResponder {
    /// This responder behind middleware; the first of the list is the outermost.
    public func behind(_ middleware: [any Middleware]) -> any HTTPResponder {
        var responder: any HTTPResponder = self
        for layer in middleware.reversed() {
            responder = Layer(middleware: layer, next: responder)
        }
        return responder
    }
}

private struct Layer: HTTPResponder {
    let middleware: any Middleware
    let next: any HTTPResponder

    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws {
        try await middleware.respond(to: request, context: context, writer: writer, next: next)
    }
}
