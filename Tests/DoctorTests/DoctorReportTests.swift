import JSON
import Testing

@testable import Doctor

@Suite struct DoctorReportTests {
    private func report(_ verdicts: [(String, Verdict)]) -> DoctorReport {
        let results = verdicts.compactMap { id, verdict in
            Examination.allChecks.first { $0.id == id }.map { CheckResult(check: $0, verdict: verdict) }
        }
        return DoctorReport(name: "a | b", url: "http://h", model: "m\u{1B}[31m", date: "2026-11-27", results: results)
    }

    private var sample: DoctorReport {
        report([
            ("stream.done", .failed("no [DONE]\u{7}")), ("stream.no-cache", .passed),
            ("tools.auto", .skipped("not <offered> | here")),
        ])
    }

    @Test func `a report is sound unless a check fails that must pass`() {
        #expect(!sample.isSound)
        #expect(report([("stream.no-cache", .failed("none")), ("stream.done", .passed)]).isSound)
    }

    @Test func `JSON reads back as the same report`() throws {
        let again = try #require(DoctorReport(sample.json))
        #expect(again.json == sample.json)
        #expect(sample.json["summary"]?["failed_must"] == 1)
        #expect(sample.json["checks"]?[0]?["reason"] == "no [DONE]\u{7}")
        #expect(DoctorReport("{}") == nil)
    }

    @Test func `the table tells groups, verdicts and reasons, and nothing that a terminal obeys`() {
        let plain = ReportTable(sample, isColored: false).text
        #expect(!plain.contains("\u{1B}") && !plain.contains("\u{7}"))
        #expect(plain.contains("✘ stream.done") && plain.contains("no [DONE]"))
        #expect(plain.hasSuffix("3 checks: 1 passed, 1 failed, 1 skipped (1 must)\n"))
        #expect(ReportTable(sample, isColored: true).text.contains("\u{1B}[31m✘"))
    }

    @Test func `Markdown has a column for each report`() {
        let other = report([("stream.done", .passed)])
        let lines = ReportMarkdown([sample, other]).text.split(separator: "\n")
        let line = lines.first { $0.hasPrefix("| `stream.done`") }
        #expect(line == "| `stream.done` a stream ends with [DONE] | must | **fail**: no [DONE]  | pass |")
        #expect(lines.contains { $0.contains("skipped: not &lt;offered&gt; &#124; here") })
        #expect(lines.allSatisfy { !$0.hasPrefix("|") || $0.split(separator: "|").count >= 3 })
    }
}
