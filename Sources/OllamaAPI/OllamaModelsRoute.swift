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

    func list(_ request: DoorRequest) -> DoorAnswer {
        models { _ in [:] }
    }

    /// All models are loaded, and stay so: for two hundred years, as Ollama puts it.
    func running(_ request: DoorRequest) -> DoorAnswer {
        let forever = OllamaReplyWriter.time(Date(timeIntervalSince1970: 10_000_000_000))
        return models { model in
            ["expires_at": .string(forever), "size_vram": 0, "context_length": .number(model.contextLength)]
        }
    }

    func show(_ request: DoorRequest) async throws -> DoorAnswer {
        var root = FieldReader(try await request.object())
        var remarks = try RequestRemarks(from: &root, settings: settings)
        let name = service.knownName(try Self.name(from: &root))
        try remarks.finish(root)
        return .json(
            Self.description(of: try service.registry.model(named: name)), warnings: remarks.warnings)
    }

    static func name(from root: inout FieldReader) throws(APIError) -> String {
        let name = try root.string("model")
        let older = try root.string("name")
        // Whatever is known is shown.
        _ = try root.bool("verbose")
        guard let asked = name ?? older else { throw root.missing("model") }
        return asked
    }

    func version(_ request: DoorRequest) -> DoorAnswer {
        .json(["version": .string(settings.version)])
    }

    private func models(_ further: (ServedModel) -> JSONObject) -> DoorAnswer {
        let entries = service.registry.models.map { model in
            var entry: JSONObject = [
                "name": .string(model.name), "model": .string(model.name),
                "modified_at": .string(Self.time(of: model)), "digest": .string(model.fingerprint),
                "details": Self.details(of: model),
            ]
            for (key, value) in further(model) {
                entry[key] = value
            }
            return JSONValue.object(entry)
        }
        return .json(["models": .array(entries)])
    }

    private static func time(of model: ServedModel) -> String {
        OllamaReplyWriter.time(Date(timeIntervalSince1970: Double(model.creationTime)))
    }

    private static func details(of model: ServedModel) -> JSONValue {
        [
            "parent_model": "", "format": "", "family": "qwen3", "families": ["qwen3"],
            "parameter_size": .string(model.facts.parameterSize),
            "quantization_level": .string(model.facts.quantization),
        ]
    }

    private static func description(of model: ServedModel) -> JSONValue {
        let shape = model.engine.shape
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
            "capabilities": .array(model.capabilities.map(JSONValue.string)), "modified_at": .string(time(of: model)),
        ]
    }
}
