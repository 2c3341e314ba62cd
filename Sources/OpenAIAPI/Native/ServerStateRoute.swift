internal import APIDoors
internal import Chat
internal import Engine
internal import JSON
internal import Serving

/// `GET /props` and `GET /slots`, in llama-server's words.
struct ServerStateRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    func properties(_ request: DoorRequest) throws -> DoorAnswer {
        let model = try service.registry.model(named: nil)
        return .json([
            "default_generation_settings": [
                "n_ctx": .number(model.contextLength), "params": Self.parameters(model.defaults.thinking),
                "params_without_thinking": Self.parameters(model.defaults.direct),
            ],
            "context_windows": model.contextWindows,
            "total_slots": .number(Self.slotCount(of: model)),
            "model_alias": .string(model.name), "model_path": .string(model.name),
            "chat_template": .string(model.chatFormat?.source ?? ""),
            "modalities": ["vision": false, "audio": false],
            "build_info": .string("ponder \(settings.version)"),
        ])
    }

    func slots(_ request: DoorRequest) throws -> DoorAnswer {
        let model = try service.registry.model(named: nil)
        let runningCount = model.engine.statistics.runningCount
        return .json(
            .array(
                (0..<Self.slotCount(of: model)).map { slot in
                    [
                        "id": .number(slot), "n_ctx": .number(model.contextLength),
                        "is_processing": .bool(slot < runningCount),
                    ]
                }))
    }

    /// Sequences have no fixed places here: there is a slot for each that runs, and one more for the next.
    private static func slotCount(of model: ServedModel) -> Int {
        model.engine.statistics.runningCount + 1
    }

    private static func parameters(_ sampling: SamplingDefaults) -> JSONValue {
        [
            "n_predict": -1, "seed": -1, "temperature": .number(sampling.temperature),
            "top_k": .number(sampling.topK), "top_p": .number(sampling.topP), "min_p": .number(sampling.minP),
            "repeat_penalty": .number(sampling.repetitionPenalty),
            "presence_penalty": .number(sampling.presencePenalty),
            "frequency_penalty": .number(sampling.frequencyPenalty),
        ]
    }
}
