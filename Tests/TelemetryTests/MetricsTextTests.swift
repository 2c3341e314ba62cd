import Metrics
import Testing

@testable import Telemetry

@Suite struct MetricsTextTests {
    private static let families = [
        MetricFamily(
            "a_total", .counter, "What \\ \"is\"\ncounted.",
            [MetricSample(3, [.init("model_name", "a\"b\\c\nd")]), MetricSample(.number(0.25))]),
        MetricFamily("b", .gauge, "Now.", [MetricSample(7)]),
    ]

    @Test func `names, labels and help are escaped as each format wants it`() {
        let lines = #"""
            # HELP a_total What \\ "is"\ncounted.
            # TYPE a_total counter
            a_total{model_name="a\"b\\c\nd"} 3
            a_total 0.25
            # HELP b Now.
            # TYPE b gauge
            b 7

            """#
        #expect(MetricsText.text(Self.families, as: .prometheus) == lines)
        let open = MetricsText.text(Self.families, as: .openMetrics)
        #expect(open.hasPrefix("# HELP a What \\\\ \\\"is\\\"\\ncounted.\n# TYPE a counter\na_total{"))
        #expect(open.hasSuffix("b 7\n# EOF\n"))
    }

    @Test func `a histogram's buckets add up`() {
        var histogram = Histogram(.seconds)
        [0.0005, 0.001, 0.3, 5_000].forEach { histogram.observe($0) }
        let family = MetricFamily("h", .histogram, "", [MetricSample(.histogram(histogram))])
        let text = MetricsText.text([family], as: .prometheus)
        #expect(text.contains("h_bucket{le=\"0.001\"} 2\n"))
        #expect(text.contains("h_bucket{le=\"0.25\"} 2\nh_bucket{le=\"0.5\"} 3\n"))
        #expect(text.contains("h_bucket{le=\"1200.0\"} 3\nh_bucket{le=\"+Inf\"} 4\n"))
        #expect(text.hasSuffix("h_sum 5000.3015\nh_count 4\n"))
    }

    @Test(arguments: [Histogram.Scale.seconds, .tokens]) func `bounds rise and leave a place for the rest`(
        scale: Histogram.Scale
    ) {
        #expect(scale.bounds == scale.bounds.sorted())
        var histogram = Histogram(scale)
        histogram.observe(1e12)
        #expect(histogram.cumulativeCounts.last == 0)
        #expect(histogram.count == 1)
    }

    @Test(arguments: [
        (nil, MetricsText.Format.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
        ("application/openmetrics-text; version=1.0.0,text/plain;q=0.5", .openMetrics),
        ("text/plain, Application/OpenMetrics-Text;q=0.8", .openMetrics),
        ("application/openmetrics-text;q=0, text/plain", .prometheus),
    ])
    func `Accept chooses the format`(accept: String?, format: MetricsText.Format) {
        #expect(MetricsText.Format(accept: accept) == format)
    }

    @Test func `the registry keeps what swift-metrics counts`() {
        let registry = MetricsRegistry(helps: ["c_total": "Counted."])
        Counter(label: "c_total", dimensions: [("status", "200")], factory: registry).increment(by: 2)
        Counter(label: "c_total", dimensions: [("status", "200")], factory: registry).increment()
        Counter(label: "c_total", dimensions: [("status", "404")], factory: registry).increment()
        let meter = Meter(label: "m", dimensions: [], factory: registry)
        meter.increment(by: 3)
        meter.decrement()
        Timer(label: "t", dimensions: [], factory: registry).recordNanoseconds(2_000_000)
        let families = registry.families()
        #expect(families.map(\.name) == ["c_total", "m", "t"])
        #expect(families[0].help == "Counted.")
        #expect(
            families[0].samples
                == [MetricSample(3, [.init("status", "200")]), MetricSample(1, [.init("status", "404")])])
        #expect(families[1].samples == [MetricSample(2)])
        guard case .histogram(let histogram) = families[2].samples[0].value else {
            Issue.record("A timer is a histogram.")
            return
        }
        #expect(histogram.sum == 0.002)
    }

    @Test func `the process tells of itself`() throws {
        let values = Dictionary(
            ProcessMetrics.families().map { ($0.name, $0.samples[0].value) }, uniquingKeysWith: { first, _ in first })
        guard case .number(let resident)? = values["process_resident_memory_bytes"],
            case .number(let start)? = values["process_start_time_seconds"],
            case .number(let threads)? = values["process_threads"]
        else {
            Issue.record("Not all is there: \(values.keys.sorted()).")
            return
        }
        #expect(resident > 1_000_000)
        #expect(start > 1_600_000_000)
        #expect(threads >= 1)
        #expect(ProcessStat(text: "1 (a) b) R 1") == nil)
    }
}
