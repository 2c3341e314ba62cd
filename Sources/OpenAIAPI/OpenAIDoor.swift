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
                + readings(service, settings) + operations(service, settings))
    }

    private static func replies(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let chat = ChatCompletionsRoute(service: service, settings: settings)
        let control = ChatControlRoute(settings: settings)
        // What ends a sender's own replies is for every key, and counts against no limit.
        let abort = AbortRoute(settings: settings)
        let completions = CompletionsRoute(service: service, settings: settings)
        let native = NativeCompletionRoute(service: service, settings: settings)
        return [
            DoorRoute(
                .post, "/v1/chat/completions", "/chat/completions", about: ChatCompletionsRoute.description,
                answer: chat.answer),
            DoorRoute(
                .post, "/v1/chat/completions/control", for: .anyKey, about: ChatControlRoute.description,
                answer: control.answer),
            DoorRoute(
                .post, "/v1/completions", "/completions", about: CompletionsRoute.description,
                answer: completions.answer),
            DoorRoute(
                .post, "/abort_request", "/v1/abort_request", for: .anyKey, about: AbortRoute.oneDescription,
                answer: abort.abortOne),
            DoorRoute(
                .post, "/abort_requests", "/v1/abort_requests", for: .anyKey, about: AbortRoute.severalDescription,
                answer: abort.abortSeveral),
            DoorRoute(.post, "/completion", about: NativeCompletionRoute.description, answer: native.answer),
        ] + streams(settings)
    }

    /// Streams whose connection broke, by their replies' ids and by llama-server's names of conversations.
    private static func streams(_ settings: APISettings) -> [DoorRoute] {
        let conversations = ConversationStreamRoute(settings: settings)
        return [
            DoorRoute(
                .get, "/v1/stream/{id}", about: ResumeRoute.description,
                answer: ResumeRoute(settings: settings).answer),
            DoorRoute(
                .get, "/v1/stream", about: ConversationStreamRoute.resumeDescription, answer: conversations.resume),
            DoorRoute(
                .delete, "/v1/stream", for: .anyKey, about: ConversationStreamRoute.endDescription,
                answer: conversations.end),
            DoorRoute(
                .post, "/v1/streams/lookup", for: .anyKey, about: ConversationStreamRoute.lookUpDescription,
                answer: conversations.lookUp),
        ]
    }

    private static func responses(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let responses = ResponsesRoute(service: service, settings: settings, store: ResponseStore())
        return [
            DoorRoute(
                .post, "/v1/responses", "/responses", about: ResponsesRoute.description, answer: responses.answer),
            DoorRoute(
                .post, "/v1/responses/input_tokens", about: ResponsesRoute.countDescription,
                answer: responses.countTokens),
            DoorRoute(
                .get, "/v1/responses/{id}", about: ResponsesRoute.describeDescription, answer: responses.describe),
            DoorRoute(
                .post, "/v1/responses/{id}/cancel", for: .anyKey, about: ResponsesRoute.cancelDescription,
                answer: responses.cancel),
            DoorRoute(.delete, "/v1/responses/{id}", about: ResponsesRoute.deleteDescription, answer: responses.delete),
        ]
    }

    private static func tokens(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let tokens = TokensRoute(service: service, settings: settings)
        return [
            DoorRoute(
                .post, "/v1/chat/completions/input_tokens", "/chat/completions/input_tokens",
                about: TokensRoute.countDescription,
                answer: tokens.count),
            DoorRoute(
                .post, "/v1/parse", about: ParseRoute.description,
                answer: ParseRoute(service: service, settings: settings).answer),
            DoorRoute(
                .post, "/tokenize", "/v1/tokenize", about: TokensRoute.tokenizeDescription, answer: tokens.tokenize),
            DoorRoute(
                .post, "/detokenize", "/v1/detokenize", about: TokensRoute.detokenizeDescription,
                answer: tokens.detokenize),
            DoorRoute(
                .post, "/apply-template", "/v1/apply-template", about: TokensRoute.templateDescription,
                answer: tokens.applyTemplate),
        ]
    }

    /// What generates nothing, by every peer's name for it.
    private static func readings(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let embeddings = EmbeddingsRoute(service: service, settings: settings)
        let rerank = RerankRoute(service: service, settings: settings)
        return [
            DoorRoute(.post, "/v1/embeddings", about: EmbeddingsRoute.description, answer: embeddings.answer),
            DoorRoute(
                .post, "/embedding", "/embeddings", about: EmbeddingsRoute.nativeDescription,
                answer: embeddings.answerNatively),
            DoorRoute(
                .post, "/v1/rerank", "/rerank", "/v2/rerank", "/v1/reranking", "/reranking",
                about: RerankRoute.description, answer: rerank.answer),
        ]
    }

    private static func operations(_ service: InferenceService, _ settings: APISettings) -> [DoorRoute] {
        let models = ModelsRoute(service: service)
        let control = ModelControlRoute(service: service, settings: settings)
        let state = ServerStateRoute(service: service, settings: settings)
        let operations = OperationsRoute(service: service, settings: settings)
        return [
            DoorRoute(
                .get, "/v1/models", "/models", isBrief: true, about: ModelsRoute.listDescription, answer: models.list),
            DoorRoute(
                .get, "/v1/models/{id}", "/models/{id}", about: ModelsRoute.modelDescription, answer: models.describe),
            DoorRoute(
                .post, "/models/load", for: .scope(.admin), about: ModelControlRoute.loadDescription,
                answer: control.load),
            DoorRoute(
                .post, "/models/unload", for: .scope(.admin), about: ModelControlRoute.unloadDescription,
                answer: control.unload),
            DoorRoute(.get, "/props", about: ServerStateRoute.propertiesDescription, answer: state.properties),
            DoorRoute(
                .get, "/slots", for: .scope(.metrics), about: ServerStateRoute.slotsDescription, answer: state.slots),
            DoorRoute(
                .post, "/slots/{id}", for: .scope(.admin), about: SlotSnapshotRoute.description,
                answer: SlotSnapshotRoute(service: service, settings: settings).answer),
            DoorRoute(
                .get, "/health", "/v1/health", for: .everybody, isBrief: true, about: OperationsRoute.healthDescription,
                answer: operations.health),
            DoorRoute(
                .get, "/ready", for: .anyKey, isBrief: true, about: OperationsRoute.readyDescription,
                answer: operations.ready),
            DoorRoute(
                .get, "/load", for: .scope(.metrics), about: OperationsRoute.loadDescription,
                answer: operations.load),
            DoorRoute(
                .get, "/version", for: .anyKey, isBrief: true, about: OperationsRoute.versionDescription,
                answer: operations.version),
            DoorRoute(
                .get, "/metrics", for: .scope(.metrics), about: MetricsRoute.description,
                answer: MetricsRoute(service: service, settings: settings).answer),
            DoorRoute(
                .get, "/experts", for: .scope(.metrics), about: ExpertsRoute.description,
                answer: ExpertsRoute(service: service).answer),
        ]
    }
}
