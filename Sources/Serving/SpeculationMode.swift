internal import Engine

/// Which tokens are guessed and computed ahead; no choice changes a reply.
public enum SpeculationMode: String, CaseIterable, Sendable, Hashable {
    /// By lookup and by the draft model if there is one, where that saves time.
    case automatic = "auto"
    /// By lookup only: the continuation of what stands in the prompt or the reply already.
    case lookup
    /// None.
    case off

    /// What the engine is told.
    var engineSpeculation: Speculation {
        self == .off ? .off : Speculation()
    }
}
