internal import HTTPTypes

/// Lets web pages of other origins call the server. Not part of a server unless asked for.
///
/// See the Fetch standard, "CORS protocol".
public struct CORS: Middleware {
    /// Which origins may call.
    public enum Origins: Sendable, Hashable {
        /// Any page.
        case any
        /// Pages of these origins, such as `https://chat.example`, in lower case.
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
        let allowed = request.headers[.origin].flatMap(allowedOrigin)
        let dependsOnOrigin = origins != .any
        context.response.changeHead { head in
            // A cache must not hand one origin's response to another.
            if dependsOnOrigin { head.headerFields.append(HTTPField(name: .vary, value: "origin")) }
            guard let allowed else { return }
            head.headerFields[.accessControlAllowOrigin] = allowed
            head.headerFields[.accessControlExposeHeaders] = Self.exposedFields
        }
        guard allowed != nil else { return try await next.respond(to: request, context: context, writer: writer) }
        guard request.method == .options, request.headers[.accessControlRequestMethod] != nil else {
            return try await next.respond(to: request, context: context, writer: writer)
        }
        var head = HTTPResponse(status: .noContent)
        head.headerFields[.accessControlAllowMethods] = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
        head.headerFields[.accessControlAllowHeaders] =
            request.headers[.accessControlRequestHeaders] ?? "authorization, content-type"
        head.headerFields[.accessControlMaxAge] = "86400"
        if let name = Self.privateNetworkRequest, let answer = Self.privateNetworkAnswer,
            request.headers[name] == "true"
        {
            head.headerFields[answer] = "true"
        }
        try await writer.send(head)
    }

    private static let exposedFields = [
        "x-request-id", "request-id", "x-warnings", "retry-after", "retry-after-ms", "x-should-retry",
        "x-ratelimit-limit-requests",
        "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "x-ratelimit-limit-tokens",
        "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens",
    ].joined(separator: ", ")
    // A page of the internet may ask for a server of its reader's own network; see "Private Network Access" of the WICG.
    private static let privateNetworkRequest = HTTPField.Name("access-control-request-private-network")
    private static let privateNetworkAnswer = HTTPField.Name("access-control-allow-private-network")

    private func allowedOrigin(for origin: String) -> String? {
        switch origins {
        case .any: "*"
        case .only(let list): list.contains(origin.lowercased()) ? origin : nil
        }
    }
}
