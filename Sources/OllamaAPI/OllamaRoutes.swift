public import APIDoors
package import HTTP
internal import HTTPTypes
internal import JSON
public import Serving

/// Ollama's native API: another dialect of the same service.
public struct OllamaRoutes: Sendable, APIDoor {
    private let service: InferenceService
    private let settings: APISettings

    public init(service: InferenceService, settings: APISettings) {
        self.service = service
        self.settings = settings
    }

    package var routes: [Route] {
        let models = OllamaModelsRoute(service: service, settings: settings)
        return [
            Route(.post, "/api/chat", OllamaReplyRoute(kind: .chat, service: service, settings: settings)),
            Route(.post, "/api/generate", OllamaReplyRoute(kind: .generate, service: service, settings: settings)),
            Route(.get, "/api/tags", handler: models.list),
            Route(.get, "/api/ps", handler: models.running),
            Route(.post, "/api/show", handler: models.show),
            Route(.get, "/api/version", handler: models.version),
        ]
    }

    package var errors: ErrorFormat { .ollama }

    package func owns(path: String) -> Bool { path.hasPrefix("/api/") }
}

extension ErrorFormat {
    /// Ollama's errors are one line of text.
    static let ollama = ErrorFormat { error in
        var writer = JSONWriter()
        writer.beginObject()
        writer.append(key: "error", string: error.message)
        writer.endObject()
        return writer.bytes
    }
}

extension InferenceService {
    /// The name as the registry knows it: Ollama's clients may add the tag that stands for none.
    func knownName(_ name: String?) -> String? {
        let tag = ":latest"
        guard let name, name.hasSuffix(tag), (try? registry.model(named: name)) == nil else { return name }
        return String(name.dropLast(tag.count))
    }
}
