/// Whether replies that go round in a loop are ended, and what counts as a loop.
public enum RepetitionDetection: Sendable, Hashable {
    case off
    /// By limits that spare tables, lists and long runs of one character.
    case on
    /// As soon as a pattern of so many tokens has come so often in a row.
    case patterns(minimumSize: Int, maximumSize: Int, count: Int)
}
