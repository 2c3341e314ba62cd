/// The text that a person is writing, one line or several: keys in, actions out. It draws nothing by itself.
///
/// Enter submits, unless the text ends in a backslash, which becomes a line end.
public struct LineEditor: Sendable {
    /// What whoever feeds the editor has to do next.
    public enum Action: Hashable, Sendable {
        case none
        case redraw
        /// The text is complete; the editor is empty again.
        case submit(String)
        /// Ctrl-C: the text was dropped, if there was any.
        case interrupt(hadText: Bool)
        case endOfInput
        case suspend
        case clearScreen
    }

    /// The text by characters as people see them.
    public private(set) var characters: [Character] = []
    /// Before which character new text goes.
    public private(set) var cursor = 0
    public var history: LineHistory
    /// Words that Tab completes at the beginning of the text.
    public var completions: [String]
    /// What is looked for in the history, while something is; the editor then shows what was found.
    public private(set) var search: HistorySearch?
    private var lastDeleted = ""

    public init(history: LineHistory = LineHistory(), completions: [String] = []) {
        self.history = history
        self.completions = completions
    }

    public var text: String { String(characters) }

    /// Takes in one key.
    public mutating func handle(_ key: Key) -> Action {
        if search != nil { return handleSearch(key) }
        switch key {
        case .searchHistory:
            search = HistorySearch(draft: text, cursor: cursor)
            return .redraw
        case .text(let text), .paste(let text): return insert(text)
        case .newline: return insert("\n")
        case .enter: return enter()
        case .tab: return complete()
        case .left: return move(to: cursor - 1)
        case .right: return move(to: cursor + 1)
        case .up: return moveUp()
        case .down: return moveDown()
        case .home: return move(to: lineStart(of: cursor))
        case .end: return move(to: lineEnd(of: cursor))
        case .wordLeft: return move(to: wordStart)
        case .wordRight: return move(to: wordEnd)
        case .yank: return insert(lastDeleted)
        case .interrupt:
            let hadText = !characters.isEmpty
            replace(with: "")
            return .interrupt(hadText: hadText)
        case .endOfInput: return characters.isEmpty ? .endOfInput : delete(cursor..<cursor + 1)
        case .suspend: return .suspend
        case .clearScreen: return .clearScreen
        default: return handleDeletion(key)
        }
    }

    private mutating func handleDeletion(_ key: Key) -> Action {
        switch key {
        case .backspace: delete(cursor - 1..<cursor)
        case .delete: delete(cursor..<cursor + 1)
        case .deleteWordBefore: delete(wordStart..<cursor, keeps: true)
        case .deleteWordAfter: delete(cursor..<wordEnd, keeps: true)
        case .deleteToStart: delete(lineStart(of: cursor)..<cursor, keeps: true)
        case .deleteToEnd: delete(cursor..<lineEnd(of: cursor), keeps: true)
        default: .none
        }
    }

    private mutating func insert(_ text: String) -> Action {
        guard !text.isEmpty else { return .none }
        // Joined as text, so that a combining mark goes to the character before it.
        let before = Array(String(characters[..<cursor]) + text)
        characters = before + characters[cursor...]
        cursor = before.count
        return .redraw
    }

    private mutating func enter() -> Action {
        if characters.last == "\\" {
            characters[characters.count - 1] = "\n"
            cursor = characters.count
            return .redraw
        }
        let entered = text
        replace(with: "")
        return .submit(entered)
    }

    private mutating func complete() -> Action {
        let matches = completions.filter { $0.hasPrefix(text) }
        guard cursor == characters.count, !characters.isEmpty, let first = matches.first else { return .none }
        let shared = matches.dropFirst().reduce(first) { $0.commonPrefix(with: $1) }
        guard shared.count > characters.count || matches.count == 1 else { return .none }
        replace(with: matches.count == 1 ? first + " " : shared)
        return .redraw
    }

    private mutating func delete(_ range: Range<Int>, keeps: Bool = false) -> Action {
        let range = range.clamped(to: 0..<characters.count)
        guard !range.isEmpty else { return .none }
        if keeps { lastDeleted = String(characters[range]) }
        characters.removeSubrange(range)
        cursor = range.lowerBound
        return .redraw
    }

    private mutating func move(to target: Int) -> Action {
        let target = min(max(target, 0), characters.count)
        guard target != cursor else { return .none }
        cursor = target
        return .redraw
    }

    private mutating func moveUp() -> Action {
        let start = lineStart(of: cursor)
        guard start > 0 else {
            guard let entry = history.previous(current: text) else { return .none }
            replace(with: entry)
            return .redraw
        }
        let previousStart = lineStart(of: start - 1)
        return move(to: min(previousStart + cursor - start, start - 1))
    }

    private mutating func moveDown() -> Action {
        let end = lineEnd(of: cursor)
        guard end < characters.count else {
            guard let entry = history.next() else { return .none }
            replace(with: entry)
            return .redraw
        }
        return move(to: min(end + 1 + cursor - lineStart(of: cursor), lineEnd(of: end + 1)))
    }

    private mutating func replace(with text: String) {
        characters = Array(text)
        cursor = characters.count
    }
}

extension LineEditor {
    /// Typed text narrows the search, Ctrl-R goes on to what was entered before, Ctrl-G and Ctrl-C give it up, and every other
    /// key takes what was found and does its own work with it.
    private mutating func handleSearch(_ key: Key) -> Action {
        guard var search else { return .none }
        switch key {
        case .text(let text), .paste(let text): search.query += text
        case .backspace: search.query = String(search.query.dropLast())
        case .searchHistory:
            // What is shown is the newest of its kind until somebody asks for an older one.
            search.skipCount += search.isFound ? 1 : 0
            search.find(in: history.entries)
            if !search.isFound { search.skipCount -= search.skipCount > 0 ? 1 : 0 }
            return show(search)
        case .abort, .interrupt:
            self.search = nil
            replace(with: search.draft)
            cursor = min(search.cursor, characters.count)
            return .redraw
        default:
            self.search = nil
            let action = handle(key)
            return action == .none ? .redraw : action
        }
        search.skipCount = 0
        search.find(in: history.entries)
        return show(search)
    }

    /// Takes what a search has found, as every key does that has work of its own.
    public mutating func endSearch() {
        search = nil
    }

    private mutating func show(_ search: HistorySearch) -> Action {
        self.search = search
        if let found = search.found { replace(with: found) }
        return .redraw
    }
}

extension LineEditor {
    private func lineStart(of position: Int) -> Int {
        characters[..<position].lastIndex(of: "\n").map { $0 + 1 } ?? 0
    }

    private func lineEnd(of position: Int) -> Int {
        characters[position...].firstIndex(of: "\n") ?? characters.count
    }

    private var wordStart: Int {
        var position = cursor
        while position > 0, !characters[position - 1].isWord { position -= 1 }
        while position > 0, characters[position - 1].isWord { position -= 1 }
        return position
    }

    private var wordEnd: Int {
        var position = cursor
        while position < characters.count, !characters[position].isWord { position += 1 }
        while position < characters.count, characters[position].isWord { position += 1 }
        return position
    }
}

extension Character {
    fileprivate var isWord: Bool { isLetter || isNumber || self == "_" }
}

extension String {
    fileprivate func commonPrefix(with other: String) -> String {
        String(zip(self, other).prefix { $0 == $1 }.map(\.0))
    }
}
