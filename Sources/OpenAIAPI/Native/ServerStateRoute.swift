internal import APIDoors
internal import Engine
internal import JSON
internal import Serving

/// `GET /props` and `GET /slots`, in llama-server's words.
struct ServerStateRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    /// Of the model that the query names, as llama-server's router has it. It need not be in memory for it.
    func properties(_ request: DoorRequest) async throws -> DoorAnswer {
        let model = try await service.registry.listing(named: request.queryValue("model"))
        guard let description = model.description else {
            throw model.failure.map { ServingError.modelLoadFailed(name: model.name, reason: $0) }
                ?? ServingError.modelLoading(name: model.name)
        }
        let loaded = try? service.registry.model(named: model.name)
        return .json([
            "default_generation_settings": [
                "n_ctx": .number(description.contextLength), "params": Self.parameters(description.defaults.thinking),
                "params_without_thinking": Self.parameters(description.defaults.direct),
            ],
            "context_windows": description.contextWindows,
            "total_slots": .number(loaded.map(Self.slotCount) ?? 1),
            "model_alias": .string(model.name), "model_path": .string(model.name),
            "chat_template": .string(description.chatTemplate ?? ""),
            "modalities": ["vision": false, "audio": false],
            "is_sleeping": .bool(model.status != .loaded),
            "build_info": .string("ponder \(settings.version)"),
        ])
    }

    /// None where the model is not in memory.
    func slots(_ request: DoorRequest) throws -> DoorAnswer {
        let model: ServedModel
        do {
            model = try service.registry.model(named: request.queryValue("model"))
        } catch {
            guard case .modelLoading = error, case .ready = service.registry.readiness else { throw error }
            return .json(.array([]))
        }
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
