internal import APIDoors
internal import JSON

extension OllamaReplyRoute {
    static let chatDescription = RouteDescription(
        "Answers a conversation, in Ollama's words.",
        request: RequestDescription(
            [
                [
                    "model": "m", "messages": [["role": "user", "content": "Hi"]], "options": ["temperature": 0.5],
                    "tools": [["type": "function", "function": ["name": "f"]]], "logprobs": true, "top_logprobs": 2,
                ]
            ], required: ["model"]
        ) { _ = try OllamaDecoder.call(.chat, from: $0, settings: APISettings(version: "")) },
        response: reply.with([
            "message": [
                "role": .string, "content": .string, "thinking": .optional(.string),
                "tool_calls": .optional(
                    .array(["id": .string, "function": ["name": .string, "arguments": .anything]])),
            ]
        ]),
        stream: .lines)

    static let generateDescription = RouteDescription(
        "Answers a question or continues raw text, in Ollama's words.",
        request: RequestDescription(
            [["model": "m", "prompt": "Hi", "options": ["temperature": 0.5]]], required: ["model"]
        ) { _ = try OllamaDecoder.call(.generate, from: $0, settings: APISettings(version: "")) },
        response: reply.with(["response": .string, "thinking": .optional(.string)]),
        stream: .lines)

    private static let reply: JSONShape =
        ([
            "model": .string, "created_at": .string, "done": .boolean, "done_reason": .optional(.string),
            "total_duration": .optional(.integer), "load_duration": .optional(.integer),
            "prompt_eval_count": .optional(.integer), "prompt_eval_duration": .optional(.integer),
            "eval_count": .optional(.integer), "eval_duration": .optional(.integer),
            "restored_reasoning": .optional(.integer), "logprobs": .optional(likelihoods),
            "reasoning_logprobs": .optional(likelihoods),
        ] as JSONShape).with(.warnings)

    private static let likelihoods = JSONShape.array(
        likelihood.with(["top_logprobs": .optional(.array(likelihood))]))

    private static let likelihood: JSONShape = [
        "token": .string, "logprob": .number, "bytes": .optional(.array(.integer)),
    ]
}

extension OllamaEmbedRoute {
    static let description = RouteDescription(
        "Texts as vectors, in Ollama's words.",
        request: RequestDescription([["model": "m", "input": "Hi"]], required: ["model"]) {
            _ = try OllamaEmbedCall(from: $0, textKey: "input", settings: APISettings(version: ""))
        },
        response: ([
            "model": .string, "embeddings": .array(.array(.number)), "total_duration": .integer,
            "load_duration": .integer, "prompt_eval_count": .integer,
        ] as JSONShape).with(.warnings))

    static let oneDescription = RouteDescription(
        "A text as a vector, in Ollama's older words.",
        request: RequestDescription([["model": "m", "prompt": "Hi"]], required: ["model"]) {
            _ = try OllamaEmbedCall(from: $0, textKey: "prompt", settings: APISettings(version: ""))
        },
        response: (["embedding": .array(.number)] as JSONShape).with(.warnings))
}

extension OllamaStoreRoute {
    static let pullDescription = RouteDescription(
        "Fetches a model, in Ollama's words, where the server's operator lets requests do so.",
        request: RequestDescription([["model": "m"]]) {
            _ = try OllamaPullCall(from: $0, settings: APISettings(version: ""))
        },
        response: ([
            "status": .string, "digest": .optional(.string), "total": .optional(.integer),
            "completed": .optional(.integer),
        ] as JSONShape).with(.warnings),
        stream: .lines)

    static let deleteDescription = RouteDescription(
        "Removes a model, in Ollama's words, where the server's operator lets requests do so.",
        request: RequestDescription([["model": "m"]]) { body in
            var root = FieldReader(body)
            _ = try name(from: &root)
        },
        response: ([:] as JSONShape).with(.warnings))
}

extension OllamaModelsRoute {
    static let listDescription = RouteDescription(
        "The models of the server, in memory or not, in Ollama's words.",
        response: ["models": .array(entry)])

    static let runningDescription = RouteDescription(
        "The models that are in memory, in Ollama's words.",
        response: [
            "models": .array(
                entry.with(["expires_at": .string, "size_vram": .integer, "context_length": .integer]))
        ])

    static let showDescription = RouteDescription(
        "A model, in Ollama's words.",
        request: RequestDescription([["model": "m"]]) { body in
            var root = FieldReader(body)
            _ = try name(from: &root)
        },
        response: [
            "modelfile": .string, "template": .string, "license": .string, "parameters": .string,
            "details": details, "model_info": .anything, "capabilities": .array(.string), "modified_at": .string,
        ])

    static let versionDescription = RouteDescription(
        "The release of Ollama whose API this is, and Ponder's.", response: ["version": .string, "ponder": .string])

    private static let entry: JSONShape = [
        "name": .string, "model": .string, "modified_at": .string, "digest": .string, "size": .integer,
        "details": details,
    ]

    private static let details: JSONShape = [
        "family": .string, "families": .array(.string), "parameter_size": .string, "quantization_level": .string,
    ]
}
