internal import JSON

/// Rows of cells as text: aligned for a terminal, as Markdown, or as comma-separated values.
struct TextTable {
    private let lines: [[String]]
    /// Columns whose cells begin at the left; numbers end at the right.
    private let leftColumns: Set<Int>

    init(_ heading: [String], _ rows: [[String]], leftColumns: Set<Int> = []) {
        lines = [heading] + rows
        self.leftColumns = leftColumns
    }

    /// For a terminal.
    var text: String {
        aligned.map { trimmed($0.joined(separator: "  ")) + "\n" }.joined()
    }

    var markdown: String {
        var rows = aligned.map { "| " + $0.joined(separator: " | ") + " |\n" }
        let rule = lines[0].indices.map { leftColumns.contains($0) ? "---" : "---:" }.joined(separator: "|")
        rows.insert("|\(rule)|\n", at: 1)
        return rows.joined()
    }

    private var aligned: [[String]] {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return leftColumns.contains(column) ? cell + space : space + cell
            }
        }
    }

    private func trimmed(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        return line
    }

    /// Records with the same keys, RFC 4180.
    static func csv(_ records: [JSONObject]) -> String {
        guard let keys = records.first?.keys else { return "" }
        let lines = [Array(keys)] + records.map { record in keys.map { field(record[$0]) } }
        return lines.map { $0.joined(separator: ",") + "\n" }.joined()
    }

    private static func field(_ value: JSONValue?) -> String {
        guard let text = value?.stringValue else { return value?.serialized() ?? "" }
        let quotes = text.contains { ",\"\n".contains($0) }
        return quotes ? "\"" + text.replacing("\"", with: "\"\"") + "\"" : text
    }
}

/// Numbers with a fixed count of digits behind the point.
enum Decimals {
    /// A dash where there is no number to tell.
    static func text(_ value: Double, _ digits: Int) -> String {
        guard value.isFinite, abs(value) < 1e12 else { return "-" }
        let scale = (0..<digits).reduce(1) { product, _ in product * 10 }
        let scaled = Int((abs(value) * Double(scale)).rounded())
        let whole = (value < 0 ? "-" : "") + String(scaled / scale)
        guard digits > 0 else { return whole }
        let fraction = String(scaled % scale)
        return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction
    }

    /// To the millionth; null where there is no number to tell.
    static func json(_ value: Double) -> JSONValue {
        value.isFinite ? .number((value * 1e6).rounded() / 1e6) : .null
    }
}
