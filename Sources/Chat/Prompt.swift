public import Sampling
public import Tokens

/// What the model is given to read.
public struct Prompt: Hashable, Sendable {
    public var text: String
    public var ids: [TokenID]
    /// Where the prompt leaves the model: inside an open think block, or before its answer.
    public var startPhase: OutputPhase
    /// Whether the output goes on with text of the last message, so that its first line breaks count.
    public var continuesText: Bool

    /// A prompt.
    public init(text: String, ids: [TokenID], startPhase: OutputPhase, continuesText: Bool = false) {
        self.text = text
        self.ids = ids
        self.startPhase = startPhase
        self.continuesText = continuesText
    }
}
