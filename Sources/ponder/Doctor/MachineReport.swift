import Foundation
import JSON
import Terminal

/// Findings in the forms of `ponder doctor`.
struct MachineReport {
    let findings: [MachineFinding]
    let date: String

    var json: JSONValue {
        [
            "name": .string("ponder \(Version.text)"), "date": .string(date),
            "warnings": .number(findings.count { $0.verdict == .warning }),
            "machine": .array(findings.map(\.json)),
        ]
    }

    func text(isColored: Bool) -> String {
        let width = (findings.map(\.name.count).max() ?? 0) + 2
        return findings.map { finding in
            let name = finding.name + String(repeating: " ", count: width - finding.name.count)
            let mark = finding.verdict == .warning ? "!" : finding.verdict == .fine ? "✔" : " "
            let line = "\(mark) \(name)\(finding.value)\n"
            guard let advice = finding.advice else { return line }
            let indented = String(repeating: " ", count: width + 2) + advice
            return line + (isColored ? Escape.dimmed(indented) : indented) + "\n"
        }.joined()
    }

    var markdown: String {
        "| | found | verdict | |\n|---|---|---|---|\n"
            + findings.map { finding in
                let cells = [finding.name, finding.value, finding.verdict.rawValue, finding.advice ?? ""]
                return "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
            }.joined()
    }
}
