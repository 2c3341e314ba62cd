/// Where the characters of a text stand on a terminal: rows of a given width, and the cursor.
///
/// Each row is written by itself with a line end after it, so that nothing depends on how a terminal wraps.
struct TextLayout: Hashable {
    struct Row: Hashable {
        var text = ""
        var width = 0
    }

    private(set) var rows = [Row()]
    private(set) var cursorRow = 0
    private(set) var cursorColumn = 0
    private let columns: Int

    /// - Parameters:
    ///   - characters: the text.
    ///   - cursor: before which character the cursor stands.
    ///   - prompt: what goes before the first line.
    ///   - continuation: what goes before each other line.
    ///   - columns: the terminal's width.
    init(_ characters: [Character], cursor: Int, prompt: String, continuation: String, columns: Int) {
        // Room for the prompt and a wide character, however narrow the window is.
        self.columns = max(columns, TextWidth.of(prompt) + 2)
        append(prompt, width: TextWidth.of(prompt))
        for (index, character) in characters.enumerated() {
            if index == cursor { placeCursor() }
            switch character {
            case "\n":
                rows.append(Row())
                append(continuation, width: TextWidth.of(continuation))
            case "\t": append("    ", width: 4)
            default: append(String(character), width: TextWidth.of(character))
            }
        }
        if cursor >= characters.count { placeCursor() }
    }

    private mutating func append(_ text: String, width: Int) {
        if rows[rows.count - 1].width + width > columns { rows.append(Row()) }
        rows[rows.count - 1].text += text
        rows[rows.count - 1].width += width
    }

    /// At the place of the next character, which is the next row where this one is full.
    private mutating func placeCursor() {
        if rows[rows.count - 1].width >= columns { rows.append(Row()) }
        cursorRow = rows.count - 1
        cursorColumn = rows[cursorRow].width
    }
}
