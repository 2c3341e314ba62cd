internal import HTTPTypes

/// Keeps web pages of elsewhere from using a server that asks for no key: a browser sends their requests for them, from inside
/// the network, even where it does not let them read the answers.
///
/// A page may call the server that it came from, by an address or a local name: a name of the internet could be made to point
/// here for the purpose, which is called DNS rebinding. All others have to be allowed. Requests without an origin, as programs
/// send them, pass, and so do origins that are no pages of the web, such as a browser's extensions.
public struct OriginCheck: Middleware {
    private let allowed: CORS.Origins?

    /// A check that lets pages of these origins pass besides.
    public init(allowed: CORS.Origins?) {
        self.allowed = allowed
    }

    /// Hands on, or answers 403 `origin_not_allowed`.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        guard let origin = request.headers[.origin], !mayCall(origin.lowercased(), host: request.headers[.host]) else {
            return try await next.respond(to: request, context: context, writer: writer)
        }
        let message = "Pages of \(origin) may not call this server: it has not been told to allow that origin."
        try await context.answer(HTTPError(.originNotAllowed, message))
    }

    private func mayCall(_ origin: String, host: String?) -> Bool {
        switch allowed {
        case .any: return true
        case .only(let list) where list.contains(origin): return true
        case .only, nil: break
        }
        guard let mark = origin.firstRange(of: "://") else { return false }
        guard ["http", "https"].contains(origin[..<mark.lowerBound]) else { return true }
        let authority = origin[mark.upperBound...]
        return authority == host?.lowercased() ?? "" && Self.isLocal(authority)
    }

    /// Whether nobody but this network says where this leads.
    private static func isLocal(_ authority: Substring) -> Bool {
        if authority.hasPrefix("[") { return true }
        let name = authority.prefix { $0 != ":" }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard let last = labels.last, !last.isEmpty else { return false }
        // The last label of a name of the internet is never a number.
        return labels.count == 1 || last == "localhost" || last.allSatisfy { $0.isASCII && $0.isNumber }
    }
}
