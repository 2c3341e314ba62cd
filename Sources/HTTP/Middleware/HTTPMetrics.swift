internal import HTTPTypes
public import Metrics

/// Counts requests by route and status, those in flight, and how long answers take.
public struct HTTPMetrics: Middleware {
    /// What each metric counts, by its name.
    public static let helps = [
        "ponder_http_requests_total": "Requests that were answered, by route and status.",
        "ponder_http_request_seconds": "From a request's head to the end of its answer.",
        "ponder_http_requests_in_flight": "Requests that are being answered.",
    ]

    private let factory: any MetricsFactory
    private let duration: Timer
    private let inFlight: Meter

    /// Metrics of this system; by default of the process's.
    public init(factory: any MetricsFactory = MetricsSystem.factory) {
        self.factory = factory
        duration = Timer(label: "ponder_http_request_seconds", dimensions: [], factory: factory)
        inFlight = Meter(label: "ponder_http_requests_in_flight", dimensions: [], factory: factory)
    }

    /// Hands on and measures.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        let start = ContinuousClock.now
        inFlight.increment()
        defer {
            inFlight.decrement()
            duration.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
            // No response means that the connection broke, which is nobody's status.
            let answer = context.response.summary
            if let status = answer.status {
                // Paths that no route has are strangers' choice: they share one name.
                let labels = [("route", answer.route ?? "none"), ("status", "\(status.code)")]
                Counter(label: "ponder_http_requests_total", dimensions: labels, factory: factory).increment()
            }
        }
        try await next.respond(to: request, context: context, writer: writer)
    }
}
