internal import APIDoors
internal import HTTP
internal import JSON
internal import Serving

/// What those ask who operate the server: `/health`, `/ready` and `/version`.
struct OperationsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    /// The process lives and answers; nothing more.
    func health(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        try await writer.send(json: Self.object(["status": "ok"]))
    }

    /// Requests can be served.
    func ready(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        switch service.registry.readiness {
        case .ready:
            try await writer.send(json: Self.object(["status": "ready"]))
        case .loading(let name):
            try await writer.send(APIError(.modelLoading(name: name)))
        case .failed(let name, let reason):
            try await writer.send(APIError(.modelLoadFailed(name: name, reason: reason)))
        case .draining:
            try await writer.send(APIError(.draining))
        }
    }

    func version(_ request: Request, _ context: RequestContext, _ writer: consuming ResponseWriter) async throws {
        try await writer.send(json: Self.object(["version": .string(settings.version)]))
    }

    private static func object(_ object: JSONObject) -> [UInt8] {
        JSONValue.object(object).serializedBytes()
    }
}
