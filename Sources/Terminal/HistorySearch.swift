/// A search backwards through what was entered before, as readline's Ctrl-R has it.
public struct HistorySearch: Hashable, Sendable {
    /// What is looked for, in any case of letters.
    public internal(set) var query = ""
    /// The newest entry that holds it, less those that were passed over; nil where there is none.
    public private(set) var found: String?
    /// What was being written when the search began, and where the cursor was in it.
    let draft: String
    let cursor: Int
    /// How many different entries were passed over.
    var skipCount = 0

    init(draft: String, cursor: Int) {
        self.draft = draft
        self.cursor = cursor
    }

    /// Whether the search shows something.
    public var isFound: Bool { found != nil }

    /// Whether nothing holds what is looked for.
    public var hasFailed: Bool { !query.isEmpty && found == nil }

    /// - Parameter entries: oldest first.
    mutating func find(in entries: [String]) {
        found = nil
        guard !query.isEmpty else { return }
        let wanted = query.lowercased()
        var seen: Set<String> = []
        for entry in entries.reversed() where entry.lowercased().contains(wanted) {
            guard seen.insert(entry).inserted, seen.count > skipCount else { continue }
            found = entry
            return
        }
    }

    /// What stands before the text meanwhile.
    var prompt: String {
        "(\(hasFailed ? "nothing" : "search") \(SafeText.line(query))) "
    }
}
