/// Writes metrics as text.
///
/// https://prometheus.io/docs/instrumenting/exposition_formats/ and
/// https://prometheus.io/docs/specs/om/open_metrics_spec/
public struct MetricsText: Sendable {
    public enum Format: Sendable, Hashable, CaseIterable {
        case prometheus
        case openMetrics

        /// The value of `Content-Type`.
        public var contentType: String {
            switch self {
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }

        /// The format that a request's `Accept` asks for: OpenMetrics where it is named and not refused.
        public init(accept: String?) {
            let ranges = (accept ?? "").lowercased().split(separator: ",")
            let asksForOpenMetrics = ranges.contains { range in
                let parts = range.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
                return parts.first == "application/openmetrics-text" && !parts.contains { $0 == "q=0" || $0 == "q=0.0" }
            }
            self = asksForOpenMetrics ? .openMetrics : .prometheus
        }
    }

    /// The text of the families, in their order.
    public static func text(_ families: [MetricFamily], as format: Format) -> String {
        var text = ""
        for family in families {
            // OpenMetrics names a counter's family without the ending that its samples have.
            let isShortened = format == .openMetrics && family.kind == .counter && family.name.hasSuffix("_total")
            let name = isShortened ? String(family.name.dropLast("_total".count)) : family.name
            text += "# HELP \(name) \(escaped(family.help, quotes: format == .openMetrics))\n"
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for sample in family.samples {
                append(sample, name: family.name, to: &text)
            }
        }
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    private static func append(_ sample: MetricSample, name: String, to text: inout String) {
        switch sample.value {
        case .number(let number): append(name, sample.labels, number, to: &text)
        case .histogram(let histogram):
            let bounds = histogram.scale.bounds.map { "\($0)" } + ["+Inf"]
            for (bound, count) in zip(bounds, histogram.cumulativeCounts + [histogram.count]) {
                append(name + "_bucket", sample.labels + [.init("le", bound)], Double(count), to: &text)
            }
            append(name + "_sum", sample.labels, histogram.sum, to: &text)
            append(name + "_count", sample.labels, Double(histogram.count), to: &text)
        }
    }

    private static func append(_ name: String, _ labels: [MetricSample.Label], _ value: Double, to text: inout String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
            text += "{" + pairs.joined(separator: ",") + "}"
        }
        let isWhole = value == value.rounded() && abs(value) < 0x1p53
        text += " " + (isWhole ? "\(Int(value))" : "\(value)") + "\n"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }
}
