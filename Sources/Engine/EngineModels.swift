public import Models

/// The models of an engine: one that answers and, if there is one, a small one that guesses ahead what it will say.
///
/// Token ids must mean the same to both. The draft may know fewer or more of them.
public struct EngineModels {
    public var model: any CausalLanguageModel
    public var draft: (any CausalLanguageModel)?

    public init(model: any CausalLanguageModel, draft: (any CausalLanguageModel)? = nil) {
        self.model = model
        self.draft = draft
    }
}
