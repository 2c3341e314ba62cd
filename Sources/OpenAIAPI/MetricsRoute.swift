internal import APIDoors
internal import HTTP
internal import HTTPTypes
internal import Serving
internal import Telemetry

/// `GET /metrics`: what the server has done and does, as Prometheus reads it.
struct MetricsRoute: Sendable {
    let service: InferenceService
    let settings: APISettings

    static let description = RouteDescription(
        "Metrics in Prometheus' text form, or OpenMetrics' where it is asked for.", response: .string,
        contentType: MetricsText.Format.prometheus.contentType)

    func answer(_ request: DoorRequest) -> DoorAnswer {
        let format = MetricsText.Format(accept: request.request.headers[.accept])
        return .text(MetricsText.text(families, as: format), contentType: format.contentType)
    }

    private var families: [MetricFamily] {
        let models = service.registry.readings
        let server = [
            MetricFamily(
                "ponder_build_info", .gauge, "Always 1; the label tells the version.",
                [MetricSample(1, [.init("version", settings.version)])]),
            MetricFamily(
                "ponder_rejected_total", .counter, "Requests that were refused, by the code of the error.",
                settings.rejections.values.sorted { $0.key < $1.key }.map {
                    MetricSample($0.value, [.init("reason", $0.key)])
                }),
            MetricFamily(
                "ponder_model_changes_total", .counter,
                "Models that were loaded for a request, unloaded, or could not be loaded.",
                service.registry.changeCounts.sorted { "\($0.key)" < "\($1.key)" }.map { change, count in
                    MetricSample(
                        count, [.init("model_name", change.name), .init("change", change.kind.rawValue)])
                }),
        ]
        let peer = settings.peerMetrics?.families(of: models) ?? []
        return server + (settings.metrics?.families() ?? []) + ServiceMetrics.families(of: models) + peer
            + ProcessMetrics.families()
    }
}
