public import Metrics
internal import Synchronization

/// Keeps what is counted through swift-metrics, and tells it as families.
public final class MetricsRegistry: MetricsFactory {
    private struct Key: Hashable {
        var name: String
        var labels: [MetricSample.Label]
    }

    private struct Entry {
        var kind: MetricFamily.Kind
        var value: MetricSample.Value
    }

    private let helps: [String: String]
    private let entries = Mutex<[Key: Entry]>([:])

    /// - Parameter helps: what each metric counts, by its name; others are told without a word.
    public init(helps: [String: String]) {
        self.helps = helps
    }

    /// What was counted, by name and then by labels.
    public func families() -> [MetricFamily] {
        let entries = entries.withLock { $0 }
        let names = Dictionary(grouping: entries) { $0.key.name }
        return names.sorted { $0.key < $1.key }.compactMap { name, entries in
            guard let kind = entries.first?.value.kind else { return nil }
            let sorted = entries.sorted { left, right in
                left.key.labels.lexicographicallyPrecedes(right.key.labels) { $0.value < $1.value }
            }
            return MetricFamily(
                name, kind, helps[name] ?? "", sorted.map { MetricSample($0.value.value, $0.key.labels) })
        }
    }

    fileprivate func change(
        _ metric: RegisteredMetric, _ change: (inout MetricSample.Value) -> Void
    ) {
        let key = Key(name: metric.name, labels: metric.labels)
        entries.withLock { entries in
            change(&entries[key, default: Entry(kind: metric.kind, value: metric.zero)].value)
        }
    }

    private func metric(
        _ label: String, _ dimensions: [(String, String)], _ kind: MetricFamily.Kind
    ) -> RegisteredMetric {
        RegisteredMetric(
            registry: self, name: label, labels: dimensions.map { MetricSample.Label($0.0, $0.1) }, kind: kind)
    }

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        metric(label, dimensions, .counter)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        metric(label, dimensions, .gauge)
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        metric(label, dimensions, aggregate ? .histogram : .gauge)
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        metric(label, dimensions, .histogram)
    }

    // What was counted stays: a handler that goes is no reset.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}

/// One metric with its labels, as swift-metrics holds it.
private final class RegisteredMetric: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
    let registry: MetricsRegistry
    let name: String
    let labels: [MetricSample.Label]
    let kind: MetricFamily.Kind

    init(registry: MetricsRegistry, name: String, labels: [MetricSample.Label], kind: MetricFamily.Kind) {
        self.registry = registry
        self.name = name
        self.labels = labels
        self.kind = kind
    }

    var zero: MetricSample.Value { kind == .histogram ? .histogram(Histogram(.seconds)) : .number(0) }

    func increment(by amount: Int64) { add(Double(amount)) }
    func reset() { registry.change(self) { $0 = self.zero } }

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { registry.change(self) { $0 = .number(value) } }
    func increment(by amount: Double) { add(amount) }
    func decrement(by amount: Double) { add(-amount) }

    func record(_ value: Int64) { record(Double(value)) }
    func record(_ value: Double) { kind == .histogram ? observe(value) : set(value) }
    func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1e9) }

    private func add(_ amount: Double) {
        registry.change(self) { value in
            if case .number(let number) = value { value = .number(number + amount) }
        }
    }

    private func observe(_ number: Double) {
        registry.change(self) { value in
            guard case .histogram(var histogram) = value else { return }
            histogram.observe(number)
            value = .histogram(histogram)
        }
    }
}
