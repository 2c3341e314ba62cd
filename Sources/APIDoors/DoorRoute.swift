internal import Foundation
package import HTTP
package import HTTPTypes
package import JSON
internal import Serving

/// What a door answers to one method on one path, or on several spellings of it.
package struct DoorRoute: Sendable {
    /// Errors that it throws are answered in the door's spelling.
    package typealias Answer = @Sendable (DoorRequest) async throws -> DoorAnswer

    package let method: HTTPRequest.Method
    package let patterns: [RoutePattern]
    package let access: RouteAccess
    package let description: RouteDescription
    package let answer: Answer
    /// Whether answering takes less time than a change of threads does.
    let isBrief: Bool

    package init(
        _ method: HTTPRequest.Method, _ patterns: RoutePattern..., for access: RouteAccess = .scope(.infer),
        isBrief: Bool = false, about description: RouteDescription, answer: @escaping Answer
    ) {
        self.isBrief = isBrief
        self.method = method
        self.patterns = patterns
        self.access = access
        self.description = description
        self.answer = answer
    }

    /// Why the caller is not answered now, if it is not; and on every answer, what is left of its limits.
    func refusal(of caller: Caller?, context: RequestContext) -> APIError? {
        guard let caller else { return nil }
        guard caller.mayUse(access) else { return .missingScope(access) }
        // What only asks for the state of things costs nothing.
        guard access == .scope(.infer), method == .post, caller.limiter.isLimiting else { return nil }
        let refusal = caller.limiter.admit()
        context.response.changeHead { $0.headerFields.append(contentsOf: caller.limiter.standings().headers) }
        return refusal?.error(of: caller)
    }

    func respond(
        to request: DoorRequest, errors: ErrorFormat, settings: APISettings, writer: consuming ResponseWriter
    ) async throws {
        let response = DoorResponse(request: request, errors: errors, settings: settings)
        let answered = try await RequestClient.$current.withValue(request.client) {
            try await refusable { try await answer(request) }
        }
        switch answered {
        // What waits for its model keeps what it was sent.
        case .success(.pending): break
        default: request.room.giveBack()
        }
        try await response.send(answered, to: writer)
    }
}

/// A request at a door.
package struct DoorRequest: Sendable {
    package let request: Request
    /// What stands in the gaps of the route's pattern.
    package let parameters: [String: String]
    package let arrival = ContinuousClock.now
    /// The request's name: `x-request-id` of its head, or of its reply's where it had none.
    package let id: String
    /// The key that it brought, where keys are asked for.
    package let key: KeyDigest?
    /// Whom the engine counts its work for.
    let client: RequestClient
    /// Whose request it is, to the service: nil where no keys are asked for.
    package var owner: [UInt8]? { key?.bytes }
    /// Counts the request's tokens; a reply's are counted where it is read.
    package let meter: TokenMeter
    /// What stands in the log beside the request.
    let response: ResponseRecord
    /// The most urgent priority that its key allows; nil sets no bound.
    let priorityBound: Int?
    private let bodyByteLimit: Int
    /// What its body has taken of the memory for bodies.
    let room: BodyRoom

    init(
        _ request: Request, id: String, parameters: [String: String], bodyByteLimit: Int,
        room: BodyRoom = BodyRoom(BodyMemory()), response: ResponseRecord = ResponseRecord(), caller: Caller? = nil
    ) {
        self.id = id
        self.request = request
        self.parameters = parameters
        self.bodyByteLimit = bodyByteLimit
        self.room = room
        self.response = response
        key = caller?.key
        client = caller?.client ?? RequestClient(id: 0)
        priorityBound = caller?.priorityBound
        meter = TokenMeter(caller)
    }

    /// Whether a client wants to come back should the connection break.
    var asksForResumption: Bool {
        if conversation != nil { return true }
        guard let name = HTTPField.Name("X-Resumable"), let value = request.headers[name] else { return false }
        return ["1", "true"].contains(value.lowercased())
    }

    /// The name by which a client means to come back to its stream, as llama-server has it.
    var conversation: String? {
        guard let name = HTTPField.Name("X-Conversation-Id"), let value = request.headers[name] else { return nil }
        return value.isEmpty ? nil : value
    }

    /// The last value of a name in the query, decoded; nil where it has none.
    package func queryValue(_ name: String) -> String? {
        let pairs = (request.query ?? "").split(separator: "&").map { $0.split(separator: "=", maxSplits: 1) }
        guard let pair = pairs.last(where: { $0.first.map(String.init) == name }) else { return nil }
        let text = (pair.count > 1 ? pair[1] : "").replacing("+", with: " ")
        return text.removingPercentEncoding ?? String(text)
    }

    /// The body as a JSON object. A body that is too large or breaks off is the HTTP server's to answer.
    package func object() async throws -> JSONObject {
        try Self.object(await collectBody())
    }

    /// The body as a JSON object, empty where there is no body.
    package func objectIfAny() async throws -> JSONObject {
        let bytes = try await collectBody()
        return bytes.isEmpty ? [:] : try Self.object(bytes)
    }

    private func collectBody() async throws(BodyError) -> [UInt8] {
        try await request.body.collect(upTo: bodyByteLimit) { byteCount throws(BodyError) in
            try room.take(byteCount)
        }
    }

    private static func object(_ bytes: [UInt8]) throws(APIError) -> JSONObject {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: bytes)
        } catch {
            throw APIError.invalid(nil, "The request body is not valid JSON: \(error.reason) at byte \(error.offset).")
        }
        guard let object = value.objectValue else {
            throw APIError.invalid(nil, "The request body must be a JSON object, not \(value.kind).")
        }
        return object
    }
}

/// What a route answers.
package enum DoorAnswer: Sendable {
    case json([UInt8], warnings: [RequestWarning] = [])
    case text(String, contentType: String)
    /// A whole response as it is.
    case response(HTTPResponse, body: [UInt8])
    case reply(any DialectReply)
    /// Pieces of whole lines, as they come.
    case lines(AsyncStream<[UInt8]>)
    /// What a stream has, and will have, behind a place.
    case backlog(StreamBacklog, from: StreamBacklog.Position)
    /// Nothing, with the status 204.
    case empty
    /// What comes when the request's model was loaded.
    case pending(PendingAnswer)

    package static func json(_ value: JSONValue, warnings: [RequestWarning] = []) -> DoorAnswer {
        .json(value.serializedBytes(), warnings: warnings)
    }
}
