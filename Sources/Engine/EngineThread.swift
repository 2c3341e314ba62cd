internal import Models
internal import Sampling

extension EngineLoop {
    /// The engine thread from its start to its end: makes the model, reports, works, and leaves nobody waiting.
    static func runThread(
        configuration: EngineConfiguration, tokenBytes: any TokenByteSource, inbox: EngineInbox, start: EngineStart,
        makeModel: () throws -> any CausalLanguageModel
    ) {
        do {
            let model = try makeModel()
            let limits = EngineLimits(configuration, shape: model.shape)
            var loop = try EngineLoop(
                model: model, limits: limits, configuration: configuration, inbox: inbox, tokenBytes: tokenBytes)
            start.send(.success(.init(shape: model.shape, contextLength: limits.contextLength)))
            loop.run()
        } catch {
            start.send(.failure(error))
        }
        inbox.end()
    }
}
