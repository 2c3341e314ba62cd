public import Compute
public import Models

/// The models of an engine: one that answers and, if there is one, a small one that guesses ahead what it will say.
///
/// Token ids must mean the same to both. The draft may know fewer or more of them.
public struct EngineModels {
    public var model: any CausalLanguageModel
    public var draft: (any CausalLanguageModel)?
    /// Who reads the models' logits: the workers that computed them, whose first is the thread that makes this.
    public var pool: WorkerPool

    public init(
        model: any CausalLanguageModel, draft: (any CausalLanguageModel)? = nil,
        pool: WorkerPool = WorkerPool(threadCount: 1)
    ) {
        self.pool = pool
        self.model = model
        self.draft = draft
    }
}
