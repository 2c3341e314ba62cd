import HTTP
import Metrics
import Telemetry

/// What a server counts below its doors.
enum ServeMetrics {
    private static let lostLinesName = "ponder_log_lines_lost_total"

    /// What each metric counts, by its name.
    static let helps = HTTPMetrics.helps.merging(
        [lostLinesName: "Lines of logs that standard error did not take."]) { $1 }

    /// Counts lines of logs that were lost, from none.
    static func lostLines(_ metrics: MetricsRegistry) -> @Sendable (Int) -> Void {
        let counter = Counter(label: lostLinesName, dimensions: [], factory: metrics)
        counter.increment(by: 0)
        return { counter.increment(by: $0) }
    }
}
