internal import HTTPTypes

/// Lets web pages of other origins call the server. Not part of a server unless asked for.
///
/// See the Fetch standard, "CORS protocol".
public struct CORS: Middleware {
    /// Which origins may call.
    public enum Origins: Sendable, Hashable {
        /// Any page.
        case any
        /// Pages of these origins, such as `https://chat.example`.
        case only(Set<String>)
    }

    private let origins: Origins

    /// Allows the given origins.
    public init(origins: Origins) {
        self.origins = origins
    }

    /// Answers preflight requests; marks other responses as readable by the page.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        guard let origin = request.headers[.origin], let allowed = allowedOrigin(for: origin) else {
            return try await next.respond(to: request, context: context, writer: writer)
        }
        let dependsOnOrigin = origins != .any
        context.response.changeHead { head in
            head.headerFields[.accessControlAllowOrigin] = allowed
            head.headerFields[.accessControlExposeHeaders] = "x-request-id"
            if dependsOnOrigin { head.headerFields.append(HTTPField(name: .vary, value: "origin")) }
        }
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else {
            return try await next.respond(to: request, context: context, writer: writer)
        }
        var head = HTTPResponse(status: .noContent)
        head.headerFields[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        head.headerFields[.accessControlAllowHeaders] =
            request.headers[.accessControlRequestHeaders] ?? "authorization, content-type"
        head.headerFields[.accessControlMaxAge] = "86400"
        try await writer.send(head)
    }

    private func allowedOrigin(for origin: String) -> String? {
        switch origins {
        case .any: "*"
        case .only(let list): list.contains(origin) ? origin : nil
        }
    }
}
