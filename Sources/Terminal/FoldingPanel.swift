/// Text that streams onto a terminal, dimmed, and can be taken away again.
///
/// Only the last rows stay on the screen, so that they can all be cleared: what has left the screen upwards is out of reach.
public struct FoldingPanel: Sendable {
    private let columns: Int
    private let rowLimit: Int
    /// All rows so far, the last one still growing.
    private var rows = [""]
    /// How many of the last rows are on the screen.
    private var shownCount = 0

    /// A panel for a terminal of this size; it takes up to half of the height.
    public init(in size: TerminalSize) {
        // One column stays free: a terminal that is about to wrap does not say where its cursor is.
        columns = max(8, size.columns - 1)
        rowLimit = max(2, size.rows / 2)
    }

    public var isEmpty: Bool { shownCount == 0 }

    /// Appends text; returns what to write.
    public mutating func append(_ text: String) -> String {
        var output = ""
        var startedRows = 0
        if shownCount == 0 { shownCount = 1 }
        for character in SafeText.forTerminal(text) {
            switch character {
            case "\n":
                rows.append("")
                output += "\n"
                startedRows += 1
            case "\t": output += place(" ", &startedRows)
            default: output += place(character, &startedRows)
            }
        }
        guard shownCount + startedRows > rowLimit else {
            shownCount += startedRows
            return Escape.dimmed(output)
        }
        let cleared = clear()
        shownCount = rowLimit
        return cleared + Escape.dimmed(rows.suffix(rowLimit).joined(separator: "\n"))
    }

    /// Takes the panel off the screen; the cursor is where the panel began.
    public mutating func clear() -> String {
        guard shownCount > 0 else { return "" }
        let output = Escape.up(shownCount - 1) + "\r" + Escape.clearBelow
        shownCount = 0
        return output
    }

    /// Writes a character at the end, and the word it belongs to on a new row where this one is full.
    private mutating func place(_ character: Character, _ startedRows: inout Int) -> String {
        let last = rows.count - 1
        guard TextWidth.of(rows[last]) + TextWidth.of(character) > columns else {
            rows[last].append(character)
            return String(character)
        }
        startedRows += 1
        guard character != " " else {
            rows.append("")
            return "\n"
        }
        let word = rows[last].lastIndex(of: " ").map { String(rows[last][rows[last].index(after: $0)...]) } ?? ""
        rows[last].removeLast(word.count)
        rows.append(word + String(character))
        let erased = word.isEmpty ? "" : Escape.left(TextWidth.of(word)) + "\u{1B}[K"
        return erased + "\n" + word + String(character)
    }
}
