public import Tokens

/// Which tokens a request's biases act on when one is drawn.
public enum BiasReach: Hashable, Sendable {
    case everything
    /// All tokens but one, the tag that may open a think block: it keeps its place among those that only it competes with.
    case everythingBut(TokenID)
    /// None: there are no biases here.
    case nothing
}
