/// Draws a line editor: returns what to write to the terminal, and remembers what stands there.
public struct EditorView: Sendable {
    private let prompt: String
    private let continuation: String
    /// Widths of the rows that were drawn; none while nothing is drawn.
    private var drawnWidths: [Int] = []
    private var cursorRow = 0
    private var cursorColumn = 0

    public init(prompt: String, continuation: String) {
        self.prompt = prompt
        self.continuation = continuation
    }

    /// Draws the editor in place of what was drawn before. A text taller than the terminal shows the part with the cursor.
    public mutating func draw(_ editor: LineEditor, in size: TerminalSize) -> String {
        let layout = TextLayout(
            editor.characters, cursor: editor.cursor, prompt: editor.search?.prompt ?? prompt,
            continuation: continuation,
            columns: size.columns)
        let height = max(1, size.rows)
        let first = max(0, min(layout.cursorRow - height + 1, layout.rows.count - height))
        let rows = layout.rows[first..<min(layout.rows.count, max(first, 0) + height)]
        var output = moveToTop(columns: size.columns)
        output += rows.map(\.text).joined(separator: "\n")
        drawnWidths = rows.map(\.width)
        cursorRow = layout.cursorRow - first
        cursorColumn = layout.cursorColumn
        output += Escape.up(rows.count - 1 - cursorRow) + "\r" + Escape.right(cursorColumn)
        return output
    }

    /// Leaves what is drawn where it is and goes to the beginning of the line below.
    public mutating func leave() -> String {
        let output = Escape.down(drawnWidths.count - 1 - cursorRow) + "\n"
        forget()
        return output
    }

    /// What was drawn is not there any more.
    public mutating func forget() {
        drawnWidths = []
        cursorRow = 0
        cursorColumn = 0
    }

    /// A terminal that was made narrower has broken the rows anew.
    private func moveToTop(columns: Int) -> String {
        guard !drawnWidths.isEmpty else { return "\r" + Escape.clearBelow }
        let width = max(1, columns)
        let above = drawnWidths[..<cursorRow].reduce(0) { $0 + max(1, ($1 + width - 1) / width) }
        // A cursor right of the last column stands in it.
        let wrapped = cursorColumn > width ? (cursorColumn - 1) / width : 0
        return Escape.up(above + wrapped) + "\r" + Escape.clearBelow
    }
}
