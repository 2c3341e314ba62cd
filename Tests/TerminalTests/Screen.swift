@testable import Terminal

/// A terminal in memory that knows the sequences that the views write, and line ends as a tty translates them.
struct Screen {
    let size: TerminalSize
    private(set) var cursor = (row: 0, column: 0)
    private var cells: [[Character?]]

    init(columns: Int, rows: Int) {
        size = TerminalSize(columns: columns, rows: rows)
        cells = Array(repeating: Array(repeating: nil, count: columns), count: rows)
    }

    /// What can be read, without the empty lines at the end.
    var lines: [String] {
        var lines = cells.map { row in
            var text = ""
            var isCovered = false
            for cell in row {
                if !isCovered { text.append(cell ?? " ") }
                isCovered = cell.map { TextWidth.of($0) == 2 } ?? false
            }
            while text.last == " " { text.removeLast() }
            return text
        }
        while lines.last == "" { lines.removeLast() }
        return lines
    }

    mutating func play(_ text: String) {
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\r": cursor.column = 0
            case "\n", "\r\n": lineFeed()
            case "\u{1B}": sequence(&rest)
            default: put(character)
            }
        }
    }

    private mutating func sequence(_ rest: inout Substring) {
        rest.removeFirst()
        let parameter = rest.prefix { $0.isNumber || $0 == "?" || $0 == ";" }
        rest = rest.dropFirst(parameter.count)
        let count = Int(parameter) ?? 1
        switch rest.popFirst() {
        case "A": cursor.row = max(0, cursor.row - count)
        case "B": cursor.row = min(size.rows - 1, cursor.row + count)
        case "C": cursor.column = min(size.columns - 1, cursor.column + count)
        case "D": cursor.column = max(0, min(cursor.column, size.columns - 1) - count)
        case "K": clearLine(from: cursor.column)
        case "J":
            clearLine(from: cursor.column)
            for row in cells.indices.dropFirst(cursor.row + 1) {
                cells[row] = Array(repeating: nil, count: size.columns)
            }
        default: break
        }
    }

    private mutating func clearLine(from column: Int) {
        for index in cells[cursor.row].indices.dropFirst(column) { cells[cursor.row][index] = nil }
    }

    private mutating func lineFeed() {
        cursor.column = 0
        cursor.row += 1
        if cursor.row == size.rows {
            cells.removeFirst()
            cells.append(Array(repeating: nil, count: size.columns))
            cursor.row -= 1
        }
    }

    private mutating func put(_ character: Character) {
        let width = TextWidth.of(character)
        if cursor.column + width > size.columns { lineFeed() }
        cells[cursor.row][cursor.column] = character
        if width == 2 { cells[cursor.row][cursor.column + 1] = nil }
        cursor.column += width
    }
}
