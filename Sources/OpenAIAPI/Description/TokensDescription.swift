internal import APIDoors
internal import JSON

extension TokensRoute {
    static let tokenizeDescription = RouteDescription(
        "A text or a conversation as tokens.",
        request: RequestDescription([["content": "Hi"]]) { body in
            var root = FieldReader(body)
            _ = try TokenizeFields(from: &root, settings: APISettings(version: ""))
        },
        response: ([
            "tokens": .array(.either([.integer, ["id": .integer, "piece": .anything]])), "count": .integer,
            "max_model_len": .integer, "token_strs": .optional(.array(.string)),
        ] as JSONShape).with(.warnings))

    static let detokenizeDescription = RouteDescription(
        "Tokens as text.",
        request: RequestDescription([["tokens": [1]]], required: ["tokens"]) { body in
            var root = FieldReader(body)
            _ = try DetokenizeFields(from: &root, settings: APISettings(version: ""))
        },
        response: (["content": .string, "prompt": .string] as JSONShape).with(.warnings))

    static let templateDescription = RouteDescription(
        "The prompt that a chat request comes to.", request: ChatCompletionsRoute.request,
        response: ([
            "prompt": .string, "tokens": .array(.integer), "count": .integer, "starts_in": .string,
            "tool_mode": .string, "callable_tools": .array(.string),
        ] as JSONShape).with(.warnings))

    static let countDescription = RouteDescription(
        "How many tokens the prompt of a chat request has.", request: ChatCompletionsRoute.request,
        response: (["object": .string, "input_tokens": .integer] as JSONShape).with(.warnings))
}

extension ParseRoute {
    static let description = RouteDescription(
        "Raw output of a model, read as a reply's would be.",
        request: RequestDescription([["text": "Hi"]], required: ["text"]) { body in
            var root = FieldReader(body)
            _ = try ParseFields(from: &root, settings: APISettings(version: ""))
        },
        response: (["message": ChatCompletionsRoute.message] as JSONShape).with(.warnings))
}
