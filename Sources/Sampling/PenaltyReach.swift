/// What penalties look back on when a token is drawn.
public enum PenaltyReach: Hashable, Sendable {
    /// All that was generated, and the prompt too for the repetition penalty.
    case everything
    /// What was generated after so many tokens: behind the reasoning.
    case behind(generatedCount: Int)
    /// Nothing: there are no penalties here.
    case nothing
}
