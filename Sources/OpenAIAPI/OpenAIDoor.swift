public import APIDoors
internal import HTTP
internal import HTTPTypes
public import Serving

extension Door {
    /// OpenAI's API as Ponder speaks it, with the native endpoints of its peers for tokens and templates, and those for
    /// operating a server.
    public static func openAI(service: InferenceService, settings: APISettings) -> Door {
        Door(
            settings: settings, errors: .openAI, owns: { _ in true },
            routes: replies(service, settings) + responses(service, settings) + tokens(service, settings)
                + operations(service, settings))
    }

    private static func replies(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let running = RunningReplies()
        let chat = ChatCompletionsRoute(service: service, settings: settings, running: running)
        let control = ChatControlRoute(running: running)
        let completions = CompletionsRoute(service: service, settings: settings)
        let native = NativeCompletionRoute(service: service, settings: settings)
        return [
            DoorRoute(.post, "/v1/chat/completions", "/chat/completions", answer: chat.answer),
            DoorRoute(.post, "/v1/chat/completions/control", answer: control.answer),
            DoorRoute(.post, "/v1/completions", "/completions", answer: completions.answer),
            DoorRoute(.post, "/completion", answer: native.answer),
        ]
    }

    private static func responses(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let responses = ResponsesRoute(service: service, settings: settings, store: ResponseStore())
        return [
            DoorRoute(.post, "/v1/responses", "/responses", answer: responses.answer),
            DoorRoute(.post, "/v1/responses/input_tokens", answer: responses.countTokens),
            DoorRoute(.get, "/v1/responses/{id}", answer: responses.describe),
            DoorRoute(.delete, "/v1/responses/{id}", answer: responses.delete),
        ]
    }

    private static func tokens(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let tokens = TokensRoute(service: service, settings: settings)
        return [
            DoorRoute(
                .post, "/v1/chat/completions/input_tokens", "/chat/completions/input_tokens", answer: tokens.count),
            DoorRoute(.post, "/v1/parse", answer: ParseRoute(service: service, settings: settings).answer),
            DoorRoute(.post, "/tokenize", "/v1/tokenize", answer: tokens.tokenize),
            DoorRoute(.post, "/detokenize", "/v1/detokenize", answer: tokens.detokenize),
            DoorRoute(.post, "/apply-template", "/v1/apply-template", answer: tokens.applyTemplate),
        ]
    }

    private static func operations(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let models = ModelsRoute(service: service)
        let state = ServerStateRoute(service: service, settings: settings)
        let operations = OperationsRoute(service: service, settings: settings)
        return [
            DoorRoute(.get, "/v1/models", "/models", answer: models.list),
            DoorRoute(.get, "/v1/models/{id}", "/models/{id}", answer: models.describe),
            DoorRoute(.get, "/props", answer: state.properties),
            DoorRoute(.get, "/slots", answer: state.slots),
            DoorRoute(.get, "/health", "/v1/health", answer: operations.health),
            DoorRoute(.get, "/ready", answer: operations.ready),
            DoorRoute(.get, "/version", answer: operations.version),
        ]
    }
}
