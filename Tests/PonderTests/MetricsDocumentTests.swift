import Foundation
import Serving
import Telemetry
import Testing

@testable import ponder

@Suite struct MetricsDocumentTests {
    @Test func `docs/metrics md lists every metric and no other`() throws {
        let model = [ModelReading(name: "m")]
        let families = ServiceMetrics.families(of: model) + ProcessMetrics.families()
        let names =
            families.map(\.name) + PeerMetrics.allCases.flatMap { $0.families(of: model) }.map(\.name)
            + ServeMetrics.helps.keys + ["ponder_build_info", "ponder_rejected_total", "ponder_model_changes_total"]
        #expect(Set(names).count == names.count)
        let document = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/metrics.md"),
            encoding: .utf8)
        let rows = document.matches(of: /(?m)^\| `([a-z_:0-9]+)` \|/).map { String($0.output.1) }
        #expect(rows.sorted() == names.sorted())
        for family in families {
            #expect(document.contains("| `\(family.name)` | \(family.kind.rawValue) |"), "\(family.name)")
            #expect(document.contains(family.help), "\(family.name)")
        }
    }
}
