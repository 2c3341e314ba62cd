/// Whoever answers requests.
public protocol HTTPResponder: Sendable {
    /// Answers one request: sends a whole response, or begins a streamed one and finishes it.
    ///
    /// Called in a task of its own, off the event loop; the task is cancelled when the peer goes away and when the
    /// server stops waiting for it. Throwing before a response has begun answers with the error (see `HTTPError`);
    /// throwing afterwards breaks the connection off, so that the peer notices.
    func respond(to request: Request, context: RequestContext, writer: consuming ResponseWriter) async throws
}
