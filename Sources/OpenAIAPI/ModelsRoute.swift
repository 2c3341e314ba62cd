internal import APIDoors
internal import Chat
internal import Foundation
internal import JSON
internal import Serving
internal import Synchronization

/// `GET /v1/models` and `GET /v1/models/{id}`, with the members of OpenAI's objects, of Anthropic's and of llama-server's: all
/// models, in memory or not.
struct ModelsRoute: Sendable {
    let service: InferenceService
    private let lastList = LastList()

    init(service: InferenceService) {
        self.service = service
    }

    func list(_ request: DoorRequest) async -> DoorAnswer {
        .json(lastList.body(of: await service.registry.listings(), write: Self.list))
    }

    private static func list(of models: [ModelListing]) -> [UInt8] {
        var body = JSONWriter()
        body.beginObject()
        body.append(key: "object", string: "list")
        body.append(key: "data")
        body.beginArray()
        for model in models {
            write(model, to: &body)
        }
        body.endArray()
        body.append(key: "has_more", bool: false)
        body.append(key: "first_id")
        body.append(optional: models.first?.name)
        body.append(key: "last_id")
        body.append(optional: models.last?.name)
        body.endObject()
        return body.bytes
    }

    func describe(_ request: DoorRequest) async throws -> DoorAnswer {
        let model = try await service.registry.listing(named: request.parameters["id"])
        var body = JSONWriter()
        Self.write(model, to: &body)
        return .json(body.bytes)
    }

    private static func write(_ model: ModelListing, to body: inout JSONWriter) {
        body.beginObject()
        body.append(key: "id", string: model.name)
        body.append(key: "object", string: "model")
        body.append(key: "created", int: model.creationTime)
        body.append(key: "owned_by", string: "ponder")
        body.append(key: "type", string: "model")
        body.append(key: "display_name", string: model.name)
        let created = Date(timeIntervalSince1970: Double(model.creationTime))
        body.append(key: "created_at", string: created.formatted(Date.ISO8601FormatStyle()))
        body.append(key: "status")
        write(statusOf: model, to: &body)
        if let description = model.description { write(description, to: &body) }
        body.append(key: "aliases")
        body.beginArray()
        model.aliases.forEach { body.append(string: $0) }
        body.endArray()
        body.endObject()
    }

    /// As llama-server's router has it, and why the model could not be loaded.
    private static func write(statusOf model: ModelListing, to body: inout JSONWriter) {
        body.beginObject()
        body.append(key: "value", string: model.status.rawValue)
        if let failure = model.failure {
            body.append(key: "failed", bool: true)
            body.append(key: "message", string: failure)
        }
        body.endObject()
    }

    private static func write(_ model: ModelDescription, to body: inout JSONWriter) {
        body.append(key: "max_model_len", int: model.contextLength)
        body.append(key: "context_windows")
        body.append(value: model.contextWindows)
        body.append(key: "quantization", string: model.facts.quantization)
        body.append(key: "parameter_count", int: model.facts.parameterCount)
        body.append(key: "license")
        body.append(optional: model.facts.license)
        body.append(key: "modes")
        write(modesOf: model, to: &body)
        body.append(key: "capabilities")
        body.beginArray()
        model.capabilities.forEach { body.append(string: $0) }
        body.endArray()
    }

    /// What requests may ask of the model.
    private static func write(modesOf model: ModelDescription, to body: inout JSONWriter) {
        body.beginObject()
        body.append(key: "chat", bool: model.abilities.generates && model.hasChatFormat)
        body.append(key: "completion", bool: model.abilities.generates)
        body.append(key: "thinking")
        body.append(optional: model.thinkingMode?.rawValue)
        body.append(key: "tools", bool: model.capabilities.contains("tools"))
        body.append(key: "embedding", bool: model.abilities.embedding != nil)
        body.append(key: "reranking", bool: model.abilities.reranking != nil)
        body.endObject()
    }
}

/// The list that was last asked for, as text: clients ask again and again, and it seldom changes.
private final class LastList: Sendable {
    private let last = Mutex<(models: [ModelListing], body: [UInt8])?>(nil)

    func body(of models: [ModelListing], write: ([ModelListing]) -> [UInt8]) -> [UInt8] {
        last.withLock { last in
            if let last, last.models.elementsEqual(models, by: { $0.looks(like: $1) }) { return last.body }
            let body = write(models)
            last = (models, body)
            return body
        }
    }
}

extension ModelListing {
    /// Whether the list says the same of both.
    fileprivate func looks(like other: ModelListing) -> Bool {
        name == other.name && status == other.status && creationTime == other.creationTime
            && description === other.description && failure == other.failure && aliases == other.aliases
    }
}
