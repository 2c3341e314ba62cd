package import Serving

/// A request that a service answers with a stream.
package protocol ReplyRequest: Sendable {
    associatedtype Stream: ReplyStream

    var model: String? { get }
    var options: GenerationOptions { get }
    /// Takes in what stands around the request's body.
    mutating func take(_ request: DoorRequest) throws(APIError)
    func begin(in service: InferenceService, after waited: Duration) throws(ServingError) -> Stream
}

extension ChatRequest: ReplyRequest {
    package mutating func take(_ request: DoorRequest) throws(APIError) {
        try options.bound(by: request)
        owner = request.owner
    }

    package func begin(in service: InferenceService, after waited: Duration) throws(ServingError) -> ChatStream {
        try service.chat(self, after: waited)
    }
}

extension CompletionRequest: ReplyRequest {
    package mutating func take(_ request: DoorRequest) throws(APIError) {
        try options.bound(by: request)
    }

    package func begin(in service: InferenceService, after waited: Duration) throws(ServingError) -> CompletionStream {
        try service.complete(self, after: waited)
    }
}

extension InferenceService {
    /// Answers with a reply, as soon as the model that was asked for is in memory.
    ///
    /// - Parameters:
    ///   - asked: what was asked for.
    ///   - request: what asked for it.
    ///   - remarks: what is to be said about it so far.
    ///   - opening: what a stream shows while the model is loaded; nil where the client waits for the whole.
    ///   - form: puts what the service has begun into the dialect's words; it is told how long the model was waited for.
    /// - Returns: the reply, or what waits for its model.
    /// - Throws: ``APIError`` where the request is refused.
    package func reply<Asked: ReplyRequest>(
        to asked: Asked, of request: DoorRequest, remarks: RequestRemarks, opening: StreamOpening?,
        _ form: @escaping @Sendable (Asked.Stream, inout RequestRemarks, _ waited: Duration) throws -> any DialectReply
    ) async throws -> DoorAnswer {
        var taken = asked
        try taken.take(request)
        let asked = taken
        return try await answer(by: asked.model, for: asked.options, opening: opening) { waited in
            var remarks = remarks
            let stream = try remarks.begin { () throws(ServingError) in try asked.begin(in: self, after: waited) }
            return .reply(try form(stream, &remarks, waited))
        }
    }
}
