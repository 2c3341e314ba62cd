public import APIDoors
internal import HTTP
internal import HTTPTypes
internal import JSON
public import Serving

extension Door {
    /// Ollama's native API: another dialect of the same service.
    public static func ollama(service: InferenceService, settings: APISettings) -> Door {
        let chat = OllamaReplyRoute(kind: .chat, service: service, settings: settings)
        let generate = OllamaReplyRoute(kind: .generate, service: service, settings: settings)
        let embeddings = OllamaEmbedRoute(service: service, settings: settings)
        let models = OllamaModelsRoute(service: service, settings: settings)
        return Door(
            settings: settings, errors: .ollama, owns: { $0.hasPrefix("/api/") },
            routes: [
                DoorRoute(.post, "/api/chat", about: OllamaReplyRoute.chatDescription, answer: chat.answer),
                DoorRoute(.post, "/api/generate", about: OllamaReplyRoute.generateDescription, answer: generate.answer),
                DoorRoute(.post, "/api/embed", about: OllamaEmbedRoute.description, answer: embeddings.embed),
                DoorRoute(
                    .post, "/api/embeddings", about: OllamaEmbedRoute.oneDescription, answer: embeddings.embedOne),
                DoorRoute(.get, "/api/tags", about: OllamaModelsRoute.listDescription, answer: models.list),
                DoorRoute(.get, "/api/ps", about: OllamaModelsRoute.runningDescription, answer: models.running),
                DoorRoute(.post, "/api/show", about: OllamaModelsRoute.showDescription, answer: models.show),
                DoorRoute(
                    .get, "/api/version", for: .anyKey, about: OllamaModelsRoute.versionDescription,
                    answer: models.version),
            ])
    }
}

extension ErrorFormat {
    /// Ollama's errors are one line of text.
    static let ollama = ErrorFormat(["error": .string]) { error in
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
        guard let name, name.hasSuffix(tag), !registry.knows(name) else { return name }
        return String(name.dropLast(tag.count))
    }
}
