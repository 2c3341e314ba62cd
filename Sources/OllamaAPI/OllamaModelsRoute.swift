internal import APIDoors
internal import Engine
internal import Foundation
internal import JSON
internal import Models
internal import Sampling
internal import Serving

/// `/api/tags`, `/api/ps`, `/api/show` and `/api/version`: what is served.
struct OllamaModelsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func list(_ request: DoorRequest) async -> DoorAnswer {
        Self.answer(await service.registry.listings()) { model in
            ["size": .number(model.description?.facts.byteCount ?? 0)]
        }
    }

    /// Those in memory. One that stays does so for two hundred years, as Ollama puts it.
    func running(_ request: DoorRequest) async -> DoorAnswer {
        let loaded = await service.registry.listings().filter { $0.status == .loaded }
        return Self.answer(loaded) { model in
            let end = model.timeLeft.map { Date(timeIntervalSinceNow: $0 / .seconds(1)) }
            return [
                "size": .number(model.byteCount), "size_vram": 0,
                "expires_at": .string(
                    OllamaReplyWriter.time(end ?? Date(timeIntervalSince1970: 10_000_000_000))),
                "context_length": .number(model.description?.contextLength ?? 0),
            ]
        }
    }

    func show(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        var remarks = try RequestRemarks(from: &root, settings: settings)
        let name = service.knownName(try Self.name(from: &root))
        try remarks.finish(root)
        let model = try await service.registry.listing(named: name)
        guard let description = model.description else {
            throw model.failure.map { ServingError.modelLoadFailed(name: model.name, reason: $0) }
                ?? ServingError.modelLoading(name: model.name)
        }
        return .json(Self.description(of: description), warnings: remarks.warnings)
    }

    static func name(from root: inout FieldReader) throws(APIError) -> String {
        let name = try root.string("model")
        let older = try root.string("name")
        // Whatever is known is shown.
        _ = try root.bool("verbose")
        guard let asked = name ?? older else { throw root.missing("model") }
        return asked
    }

    /// The release of Ollama whose API this is: clients ask for it and refuse to talk to older ones.
    private static let spokenVersion = "0.12.0"

    func version(_ request: DoorRequest) -> DoorAnswer {
        .json(["version": .string(Self.spokenVersion), "ponder": .string(settings.version)])
    }

    private static func answer(_ models: [ModelListing], _ further: (ModelListing) -> JSONObject) -> DoorAnswer {
        let entries = models.map { model in
            var entry: JSONObject = [
                "name": .string(model.name), "model": .string(model.name),
                "modified_at": .string(time(model.creationTime)),
                "digest": .string(model.description?.fingerprint ?? ""), "details": details(of: model.description),
            ]
            for (key, value) in further(model) {
                entry[key] = value
            }
            return JSONValue.object(entry)
        }
        return .json(["models": .array(entries)])
    }

    private static func time(_ seconds: Int) -> String {
        OllamaReplyWriter.time(Date(timeIntervalSince1970: Double(seconds)))
    }

    /// Without a description, what is not known is empty.
    private static func details(of model: ModelDescription?) -> JSONValue {
        [
            "parent_model": "", "format": "", "family": "qwen3", "families": ["qwen3"],
            "parameter_size": .string(model?.facts.parameterSize ?? ""),
            "quantization_level": .string(model?.facts.quantization ?? ""),
        ]
    }

    private static func description(of model: ModelDescription) -> JSONValue {
        let shape = model.shape
        let sampling = model.defaults.thinking
        return [
            "modelfile": "", "template": "", "license": .string(model.facts.license ?? ""),
            "parameters": .string(
                "temperature \(sampling.temperature)\ntop_k \(sampling.topK)\ntop_p \(sampling.topP)"),
            "details": details(of: model),
            "model_info": [
                "general.architecture": "qwen3",
                "qwen3.context_length": .number(model.contextLength),
                "qwen3.block_count": .number(shape.layerCount),
                "qwen3.embedding_length": .number(shape.hiddenSize),
                "qwen3.attention.head_count": .number(shape.headCount),
                "qwen3.attention.head_count_kv": .number(shape.keyValueHeadCount),
                "qwen3.attention.key_length": .number(shape.headDimension),
            ],
            "capabilities": .array(model.capabilities.map(JSONValue.string)),
            "modified_at": .string(time(model.creationTime)),
        ]
    }
}
