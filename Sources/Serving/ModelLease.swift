/// A model that stays in memory for as long as somebody holds this.
public final class ModelLease: Sendable {
    public let model: ServedModel
    /// How long it was waited for while it was loaded.
    public let waitingTime: Duration
    private let registry: ModelRegistry
    private let index: Int

    init(_ model: ServedModel, index: Int, registry: ModelRegistry, waitingTime: Duration = .zero) {
        self.model = model
        self.waitingTime = waitingTime
        self.registry = registry
        self.index = index
    }

    deinit {
        registry.release(index)
    }
}
