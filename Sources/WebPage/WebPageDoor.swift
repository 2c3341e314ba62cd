public import APIDoors
internal import HTTP
internal import HTTPTypes
internal import JSON

extension Door {
    /// The page at `/`. It holds no data, so that everybody may have it: what it shows it asks the other doors for, with the key
    /// that its reader gives it.
    public static func webPage(settings: APISettings) -> Door {
        let errors = ErrorFormat(["error": .string]) { error in
            JSONValue.object(["error": .string(error.message)]).serializedBytes()
        }
        let description = RouteDescription(
            "A page to chat with, and to watch the server by.", response: .string,
            contentType: EmbeddedPage.contentType)
        return Door(
            settings: settings, errors: errors, owns: { _ in false },
            routes: [
                DoorRoute(.get, "/", "/index.html", for: .everybody, about: description) { request in
                    let (head, body) = EmbeddedPage.shared.response(to: request.request)
                    return .response(head, body: body)
                }
            ])
    }
}
