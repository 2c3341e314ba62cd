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
        let path = String(TargetParts(request.target).path)
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
        let logger = context.baseLogger
        guard logger.logLevel <= level else { return }
        let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
        let answer = context.response.summary
        var metadata = context.loggerMetadata
        metadata["status"] = answer.status.map { .stringConvertible($0.code) } ?? "none"
        metadata["bytes"] = .stringConvertible(answer.bodyByteCount)
        metadata["milliseconds"] = .stringConvertible((milliseconds * 100).rounded() / 100)
        if let peer = context.peer?.host { metadata["peer"] = .string(peer) }
        if let caller = answer.caller { metadata["key"] = .string(caller) }
        if let route = answer.route { metadata["route"] = .string(route) }
        if !answer.notes.isEmpty { metadata.merge(answer.notes) { $1 } }
        if let outcome { metadata["error"] = .string(outcome) }
        logger.log(level: level, "\(method) \(path)", metadata: metadata)
    }
}
