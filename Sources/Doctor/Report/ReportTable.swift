/// A report for the terminal.
public struct ReportTable {
    private let report: DoctorReport
    private let isColored: Bool

    /// - Parameters:
    ///   - report: What was found.
    ///   - isColored: Whether the reader is a terminal that shows colours.
    public init(_ report: DoctorReport, isColored: Bool) {
        self.report = report
        self.isColored = isColored
    }

    public var text: String {
        var text = "\(report.url), model \(SafeLine.text(report.model))\n"
        for group in CheckGroup.allCases {
            let lines = report.lines(of: group)
            if lines.isEmpty { continue }
            text += "\n\(colored(group.title, .bold))  \(DoctorReport.counts(lines))\n"
            text += lines.map(row).joined()
        }
        return text + "\n" + summary
    }

    private func row(_ line: DoctorReport.Line) -> String {
        let width = 32
        let id = line.id + String(repeating: " ", count: max(1, width - line.id.count))
        let level = line.level == .must ? "" : " (\(line.level.rawValue))"
        let head = "  \(mark(line.verdict)) \(id)\(line.title)\(level)\n"
        guard let reason = line.verdict.reason else { return head }
        return head + "      \(colored(SafeLine.text(reason), line.verdict.isFailure ? .red : .dim))\n"
    }

    private func mark(_ verdict: Verdict) -> String {
        switch verdict {
        case .passed: colored("✔", .green)
        case .failed: colored("✘", .red)
        case .skipped: colored("–", .dim)
        }
    }

    private var summary: String {
        let failed = report.lines.filter { $0.verdict.isFailure }
        let byLevel = Check.Level.allCases.compactMap { level -> String? in
            let count = failed.count { $0.level == level }
            return count == 0 ? nil : "\(count) \(level.rawValue)"
        }
        let levels = byLevel.isEmpty ? "" : " (\(byLevel.joined(separator: ", ")))"
        return "\(report.lines.count) checks: \(DoctorReport.counts(report.lines))\(levels)\n"
    }

    private enum Color: String {
        case bold = "1", dim = "2", red = "31", green = "32"
    }

    private func colored(_ text: String, _ color: Color) -> String {
        isColored ? "\u{1B}[\(color.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// Text of a server, for a terminal: on one line, without control characters.
enum SafeLine {
    static func text(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : $0 }))
    }
}
