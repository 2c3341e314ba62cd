internal import APIDoors
internal import Engine
internal import JSON
internal import Serving

/// What those ask who operate the server: `/health`, `/ready` and `/version`.
struct OperationsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    /// The process lives and answers; nothing more.
    func health(_ request: DoorRequest) -> DoorAnswer {
        .json(["status": "ok"])
    }

    /// Requests can be served.
    func ready(_ request: DoorRequest) throws -> DoorAnswer {
        switch service.registry.readiness {
        case .ready: return .json(["status": "ready"])
        case .loading(let name): throw ServingError.modelLoading(name: name)
        case .failed(let name, let reason): throw ServingError.modelLoadFailed(name: name, reason: reason)
        case .stopped(let name, let reason): throw ServingError.modelFailed(name: name, reason: reason)
        case .draining: throw ServingError.draining
        }
    }

    /// How many replies run or wait.
    func load(_ request: DoorRequest) -> DoorAnswer {
        let load = service.registry.models.reduce(0) { sum, model in
            sum + model.engine.statistics.runningCount + model.engine.statistics.waitingCount
        }
        return .json(["server_load": .number(load)])
    }

    func version(_ request: DoorRequest) -> DoorAnswer {
        .json(["version": .string(settings.version)])
    }
}
