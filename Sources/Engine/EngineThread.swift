internal import Models
internal import Sampling

extension EngineLoop {
    /// The engine thread from its start to its end: makes the models, reports, works, and leaves nobody waiting.
    static func runThread(
        configuration: EngineConfiguration, tokenBytes: any TokenByteSource, inbox: EngineInbox, start: EngineStart,
        makeModels: () throws -> EngineModels
    ) {
        do {
            let models = try makeModels()
            let limits = EngineLimits(
                configuration, shape: models.model.shape, draftShape: models.draft?.shape)
            var loop = try EngineLoop(
                models: models, limits: limits, configuration: configuration, inbox: inbox, tokenBytes: tokenBytes)
            start.send(
                .success(
                    .init(
                        shape: models.model.shape, windows: limits.windows, expertUse: models.model.expertUse)))
            loop.run()
        } catch {
            start.send(.failure(error))
        }
        inbox.end()
    }
}
