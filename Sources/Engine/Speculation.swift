/// Whether an engine guesses tokens ahead and computes the guesses in the same step as the token that is due.
///
/// A guess stays only if the very token is drawn in its place, so none of this changes a result: tokens, log-probabilities
/// and finish reasons have the same bits with it and without. It saves time where guesses come true.
public struct Speculation: Hashable, Sendable {
    /// Whether the continuation of what the sequence said before is guessed; it costs no computing. What the form of an answer
    /// leaves no choice about is guessed in any case.
    public var usesLookup: Bool
    /// The most guesses of a sequence in one step, by lookup or by a draft model; 0 guesses nothing at all.
    public var proposalLimit: Int
    /// Whether guesses are made only while they are expected to save time. Without it there are as many as find room.
    public var isAdaptive: Bool

    public init(usesLookup: Bool = true, proposalLimit: Int = 10, isAdaptive: Bool = true) {
        self.usesLookup = usesLookup
        self.proposalLimit = proposalLimit
        self.isAdaptive = isAdaptive
    }

    /// One token a step.
    public static let off = Speculation(usesLookup: false, proposalLimit: 0)
}
