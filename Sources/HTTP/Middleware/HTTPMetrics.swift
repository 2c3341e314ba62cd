internal import HTTPTypes
internal import Metrics

/// Counts requests by class of status, those in flight, and how long answers take.
public struct HTTPMetrics: Middleware {
    private let finished: [Counter]
    private let duration: Timer
    private let inFlight: Meter

    /// Metrics of the process's metrics system, with handles made once.
    public init() {
        finished = (1...5).map { Counter(label: "http_requests_total", dimensions: [("status", "\($0)xx")]) }
        duration = Timer(label: "http_request_duration_seconds")
        inFlight = Meter(label: "http_requests_in_flight")
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
            if let status = context.response.status, (100..<600).contains(status.code) {
                finished[status.code / 100 - 1].increment()
            }
        }
        try await next.respond(to: request, context: context, writer: writer)
    }
}
