internal import APIDoors
internal import HTTP
internal import HTTPTypes
internal import Serving

/// `GET /v1/stream/{id}`: the rest of a stream whose connection broke.
struct ResumeRoute: Sendable {
    let settings: APISettings

    func answer(_ request: DoorRequest) throws -> DoorAnswer {
        let id = request.parameters["id"] ?? ""
        guard let backlog = settings.streams.backlog(named: id, for: request) else {
            throw APIError(
                status: 404,
                message: "The stream '\(id.prefix(80))' is not here: it was not resumable, or nobody came back "
                    + "in time.",
                type: .invalidRequest, code: .notFound)
        }
        let number = try Self.number(of: request, in: backlog)
        guard let position = backlog.position(behind: number) else {
            throw APIError(
                status: 410, message: "What follows event \(number) of the stream is not kept any more.",
                type: .invalidRequest, code: .notFound)
        }
        return .backlog(backlog, from: position)
    }

    /// The last event that the client has: as browsers say it, or in the query; 0 where it has none.
    private static func number(of request: DoorRequest, in backlog: StreamBacklog) throws(APIError) -> Int {
        if let name = HTTPField.Name("Last-Event-ID"), let id = request.request.headers[name] {
            guard let number = backlog.number(inID: id) else {
                throw .invalid("Last-Event-ID", "'Last-Event-ID' must be an id of this stream's events.")
            }
            return number
        }
        guard let text = request.queryValue("from") else { return 0 }
        guard let number = Int(text), number >= 0 else {
            throw .invalid("from", "'from' must be the number of an event, such as 12.")
        }
        return number
    }
}
