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
        let name = service.knownName(try Self.name(from: &root))
        return .json(Self.description(of: try service.registry.model(named: name)))
    }

    static func name(from root: inout FieldReader) throws(APIError) -> String {
        let name = try root.string("model")
        let older = try root.string("name")
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
                "details": Self.details,
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

    private static let details: JSONValue = [
        "parent_model": "", "format": "", "family": "qwen3", "families": ["qwen3"], "parameter_size": "",
        "quantization_level": "",
    ]

    private static func description(of model: ServedModel) -> JSONValue {
        let shape = model.engine.shape
        let sampling = model.defaults.thinking
        return [
            "modelfile": "", "template": "", "license": "",
            "parameters": .string(
                "temperature \(sampling.temperature)\ntop_k \(sampling.topK)\ntop_p \(sampling.topP)"),
            "details": details,
            "model_info": [
                "general.architecture": "qwen3",
                "qwen3.context_length": .number(model.contextLength),
                "qwen3.block_count": .number(shape.layerCount),
                "qwen3.embedding_length": .number(shape.hiddenSize),
                "qwen3.attention.head_count": .number(shape.headCount),
                "qwen3.attention.head_count_kv": .number(shape.keyValueHeadCount),
                "qwen3.attention.key_length": .number(shape.headDimension),
            ],
            "capabilities": .array(capabilities(of: model)), "modified_at": .string(time(of: model)),
        ]
    }

    private static func capabilities(of model: ServedModel) -> [JSONValue] {
        var capabilities: [JSONValue] = model.abilities.embedding == nil ? [] : ["embedding"]
        guard model.abilities.generates else { return capabilities }
        capabilities.append("completion")
        if model.chatFormat != nil, model.outputTokens.toolCallOpen != nil { capabilities.append("tools") }
        if model.chatFormat != nil, model.outputTokens.thinkOpen != nil { capabilities.append("thinking") }
        return capabilities
    }
}
