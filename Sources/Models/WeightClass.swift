/// What a weight is for: the lines of a memory plan.
public enum WeightClass: String, CaseIterable, Hashable, Sendable {
    case embedding
    case attention
    case feedForward = "feed-forward"
    case experts
    case router
    case norms
    case head
}
