/// What was entered before, to be fetched back with the arrow keys; what is being written waits meanwhile.
public struct LineHistory: Hashable, Sendable {
    /// Oldest first.
    public private(set) var entries: [String]
    /// How many are kept.
    private let limit: Int
    /// Which entry is shown; nil while it is the text being written.
    private var position: Int?
    private var draft = ""

    public init(_ entries: [String] = [], limit: Int = 1_000) {
        self.entries = Array(entries.suffix(limit))
        self.limit = limit
    }

    /// Appends what was entered, unless it is blank or what was entered just before.
    ///
    /// - Returns: whether it was appended.
    @discardableResult
    public mutating func add(_ text: String) -> Bool {
        position = nil
        guard !text.allSatisfy(\.isWhitespace), text != entries.last else { return false }
        entries.append(text)
        if entries.count > limit { entries.removeFirst() }
        return true
    }

    /// The entry before the one shown; nil at the oldest.
    mutating func previous(current: String) -> String? {
        let next = (position ?? entries.count) - 1
        guard entries.indices.contains(next) else { return nil }
        if position == nil { draft = current }
        position = next
        return entries[next]
    }

    /// The entry after the one shown, in the end the text that was being written; nil when that is shown.
    mutating func next() -> String? {
        guard let shown = position else { return nil }
        guard shown + 1 < entries.count else {
            position = nil
            return draft
        }
        position = shown + 1
        return entries[shown + 1]
    }
}
