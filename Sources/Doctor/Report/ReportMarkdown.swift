/// Reports side by side, for documents.
public struct ReportMarkdown {
    private let reports: [DoctorReport]

    /// - Parameter reports: At least one; the rows are the first one's.
    public init(_ reports: [DoctorReport]) {
        self.reports = reports
    }

    public var text: String {
        var text = row([""] + columns) + rule
        text += row(["model"] + reports.map { "`\(escaped($0.model))`" })
        text += row(["date"] + reports.map(\.date))
        for group in CheckGroup.allCases {
            let counts = reports.map { DoctorReport.counts($0.lines(of: group)) }
            if counts.contains(where: { !$0.isEmpty }) { text += row([group.title] + counts) }
        }
        text += row(["**all**"] + reports.map { "**\(DoctorReport.counts($0.lines))**" })
        for group in CheckGroup.allCases {
            let lines = reports.first?.lines(of: group) ?? []
            if lines.isEmpty { continue }
            text += "\n### \(group.title)\n\n" + row(["check", "level"] + columns) + "|---|---|\(bars)\n"
            text += lines.map { line in
                row(["`\(line.id)` \(escaped(line.title))", line.level.rawValue] + reports.map { cell($0, line.id) })
            }.joined()
        }
        return text
    }

    private var columns: [String] { reports.map { escaped($0.name.isEmpty ? $0.url : $0.name) } }
    private var bars: String { String(repeating: "---|", count: reports.count) }
    private var rule: String { "|---|\(bars)\n" }

    private func row(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |\n" }

    private func cell(_ report: DoctorReport, _ id: String) -> String {
        guard let line = report.lines.first(where: { $0.id == id }) else { return "" }
        switch line.verdict {
        case .passed: return "pass"
        case .failed(let reason): return "**fail**: \(escaped(reason))"
        case .skipped(let reason): return "skipped: \(escaped(reason))"
        }
    }

    /// What would end a cell, or be markup.
    private func escaped(_ text: String) -> String {
        var text = SafeLine.text(text)
        for (mark, entity) in [("&", "&amp;"), ("|", "&#124;"), ("<", "&lt;"), (">", "&gt;"), ("*", "\\*"), ("`", "'")]
        {
            text = text.replacing(mark, with: entity)
        }
        return text
    }
}
