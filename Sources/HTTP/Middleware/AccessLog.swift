internal import HTTPTypes
public import Logging
internal import Sockets

/// Logs one line for each answered request. Bodies, queries and header values are never logged.
public struct AccessLog: Middleware {
    private let level: Logger.Level

    /// An access log that writes at the given level.
    public init(level: Logger.Level = .info) {
        self.level = level
    }

    /// Hands on, then logs method, path, status, size and duration, and what was noted of the answer.
    public func respond(
        to request: Request,
        context: RequestContext,
        writer: consuming ResponseWriter,
        next: any HTTPResponder
    ) async throws {
        let start = ContinuousClock.now
        let method = request.method.rawValue
        // As sent: a decoded path could hold line breaks.
        let path = String(request.target.prefix { $0 != "?" })
        do {
            try await next.respond(to: request, context: context, writer: writer)
        } catch {
            log(method, path, context: context, since: start, outcome: "\(error)")
            throw error
        }
        log(method, path, context: context, since: start, outcome: nil)
    }

    private func log(
        _ method: String,
        _ path: String,
        context: RequestContext,
        since start: ContinuousClock.Instant,
        outcome: String?
    ) {
        let logger = context.logger
        guard logger.logLevel <= level else { return }
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        var metadata: Logger.Metadata = [
            "status": context.response.status.map { .stringConvertible($0.code) } ?? "none",
            "bytes": .stringConvertible(context.response.bodyByteCount),
            "milliseconds": .stringConvertible((milliseconds * 100).rounded() / 100),
        ]
        if let peer = context.peer?.host { metadata["peer"] = "\(peer)" }
        if let caller = context.response.caller { metadata["key"] = "\(caller)" }
        if let route = context.response.route { metadata["route"] = "\(route)" }
        metadata.merge(context.response.notes) { $1 }
        if let outcome { metadata["error"] = "\(outcome)" }
        logger.log(level: level, "\(method) \(path)", metadata: metadata)
    }
}
