public import APIDoors
public import HTTP
internal import HTTPTypes
public import Serving

/// Everything that this door answers: the table of contents of OpenAI's API as Ponder speaks it, with the native
/// endpoints of its peers for tokens and templates, and those for operating a server.
public struct Routes: Sendable, APIDoor {
    private let service: InferenceService
    private let settings: APISettings
    private let responses = ResponseStore()

    public init(service: InferenceService, settings: APISettings) {
        self.service = service
        self.settings = settings
    }

    /// The routes behind the check for API keys.
    public var responder: any HTTPResponder {
        Doorway(self, keys: settings.keys).responder
    }

    package var errors: ErrorFormat { .openAI }

    package func owns(path: String) -> Bool { true }

    package var routes: [Route] {
        let running = RunningReplies()
        let chat = ChatCompletionsRoute(service: service, settings: settings, running: running)
        let control = ChatControlRoute(running: running, settings: settings)
        let completions = CompletionsRoute(service: service, settings: settings)
        let responses = ResponsesRoute(service: service, settings: settings, store: responses)
        let models = ModelsRoute(service: service)
        let tokens = TokensRoute(service: service, settings: settings)
        let state = ServerStateRoute(service: service, settings: settings)
        let operations = OperationsRoute(service: service, settings: settings)
        return [
            Route(.post, "/v1/chat/completions", chat),
            Route(.post, "/chat/completions", chat),
            Route(.post, "/v1/chat/completions/control", control),
            Route(.post, "/v1/chat/completions/input_tokens", handler: tokens.count),
            Route(.post, "/chat/completions/input_tokens", handler: tokens.count),
            Route(.post, "/v1/completions", completions),
            Route(.post, "/completions", completions),
            Route(.post, "/v1/responses", responses),
            Route(.post, "/responses", responses),
            Route(.post, "/v1/responses/input_tokens", handler: responses.countTokens),
            Route(.get, "/v1/responses/{id}", handler: responses.describe),
            Route(.delete, "/v1/responses/{id}", handler: responses.delete),
            Route(.get, "/v1/models", handler: models.list),
            Route(.get, "/models", handler: models.list),
            Route(.get, "/v1/models/{id}", handler: models.describe),
            Route(.get, "/models/{id}", handler: models.describe),
            Route(.post, "/v1/parse", ParseRoute(service: service, settings: settings)),
            Route(.post, "/tokenize", handler: tokens.tokenize),
            Route(.post, "/v1/tokenize", handler: tokens.tokenize),
            Route(.post, "/detokenize", handler: tokens.detokenize),
            Route(.post, "/v1/detokenize", handler: tokens.detokenize),
            Route(.post, "/apply-template", handler: tokens.applyTemplate),
            Route(.post, "/v1/apply-template", handler: tokens.applyTemplate),
            Route(.post, "/completion", NativeCompletionRoute(service: service, settings: settings)),
            Route(.get, "/props", handler: state.properties),
            Route(.get, "/slots", handler: state.slots),
            Route(.get, "/health", handler: operations.health),
            Route(.get, "/v1/health", handler: operations.health),
            Route(.get, "/ready", handler: operations.ready),
            Route(.get, "/version", handler: operations.version),
        ]
    }

    /// The body of an error that the HTTP server answers by itself: give it to the server's configuration.
    public static func errorBody(_ error: HTTPError) -> ErrorBody {
        ErrorBody(contentType: "application/json", bytes: APIError(error).body)
    }
}
