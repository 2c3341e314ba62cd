public import APIDoors
package import HTTP
internal import HTTPTypes
public import Serving

/// Anthropic's Messages API: another dialect of the same service.
public struct AnthropicRoutes: Sendable, APIDoor {
    private let service: InferenceService
    private let settings: APISettings

    public init(service: InferenceService, settings: APISettings) {
        self.service = service
        self.settings = settings
    }

    package var routes: [Route] {
        let messages = MessagesRoute(service: service, settings: settings)
        return [
            Route(.post, "/v1/messages", messages),
            Route(.post, "/v1/messages/count_tokens", handler: messages.countTokens),
        ]
    }

    package var errors: ErrorFormat { .anthropic }

    package func owns(path: String) -> Bool {
        path == "/v1/messages" || path.hasPrefix("/v1/messages/")
    }
}
