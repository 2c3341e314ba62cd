public import APIDoors
internal import HTTP
internal import HTTPTypes
public import Serving

extension Door {
    /// Anthropic's Messages API: another dialect of the same service.
    public static func anthropic(service: InferenceService, settings: APISettings) -> Door {
        let messages = MessagesRoute(service: service, settings: settings)
        return Door(
            settings: settings, errors: .anthropic,
            owns: { $0 == "/v1/messages" || $0.hasPrefix("/v1/messages/") },
            requestIDField: HTTPField.Name("request-id"),
            routes: [
                DoorRoute(.post, "/v1/messages", about: MessagesRoute.description, answer: messages.answer),
                DoorRoute(
                    .post, "/v1/messages/count_tokens", about: MessagesRoute.countDescription,
                    answer: messages.countTokens),
            ])
    }
}
