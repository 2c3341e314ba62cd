public import APIDoors
internal import HTTP
internal import HTTPTypes
internal import JSON
public import ModelHub
public import Serving

/// Takes a model from a library.
public typealias ModelRemover = @Sendable (ModelLibrary, ModelReference) throws(HubError) -> Void

extension Door {
    /// Ollama's native API: another dialect of the same service.
    ///
    /// - Parameters:
    ///   - service: what answers.
    ///   - settings: what all doors are told.
    ///   - library: where requests may fetch models to and remove them from; nil lets them do neither.
    ///   - remove: takes a model from the library, with all that was made of it.
    /// - Returns: the door.
    public static func ollama(
        service: InferenceService, settings: APISettings, library: ModelLibrary? = nil,
        remove: @escaping ModelRemover = { (library, reference) throws(HubError) in _ = try library.remove(reference) }
    ) -> Door {
        let chat = OllamaReplyRoute(kind: .chat, service: service, settings: settings)
        let generate = OllamaReplyRoute(kind: .generate, service: service, settings: settings)
        let embeddings = OllamaEmbedRoute(service: service, settings: settings)
        let models = OllamaModelsRoute(service: service, settings: settings)
        let store = OllamaStoreRoute(service: service, settings: settings, library: library, remove: remove)
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
                    .post, "/api/pull", for: .scope(.admin), about: OllamaStoreRoute.pullDescription, answer: store.pull
                ),
                DoorRoute(
                    .delete, "/api/delete", for: .scope(.admin), about: OllamaStoreRoute.deleteDescription,
                    answer: store.delete),
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
