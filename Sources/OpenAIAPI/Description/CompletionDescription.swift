internal import APIDoors
internal import JSON

extension CompletionsRoute {
    static let description = RouteDescription(
        "Continues raw text.",
        request: RequestDescription(
            [["prompt": "Once", "stream": true, "stream_options": ["include_usage": true]]] + TextForm.examples,
            required: ["prompt"]
        ) { _ = try CompletionDecoder.call(from: $0) },
        response: ReplyIdentity.shape.with([
            "choices": .array([
                "index": .integer, "text": .string, "logprobs": .nullable(.anything), "finish_reason": .string,
            ])
        ]).with(.warnings),
        stream: .events)
}

extension NativeCompletionRoute {
    static let description = RouteDescription(
        "Continues raw text, in llama-server's words.",
        request: RequestDescription(
            [["prompt": ["Once", "Twice"]], ["prompt": ["prompt_string": "Once", "multimodal_data": []]]]
                + TextForm.examples,
            required: ["prompt"]
        ) {
            _ = try NativeCompletionDecoder.call(from: $0, settings: APISettings(version: ""))
        },
        response: .either([choice, .array(choice), .anything]), stream: .events)

    private static let choice: JSONShape =
        ([
            "index": .integer, "content": .string, "stop": .boolean, "model": .string, "tokens_predicted": .integer,
            "tokens_evaluated": .integer, "tokens_cached": .integer, "truncated": .boolean, "prompt": .anything,
            "generation_settings": .anything, "stop_type": .string, "stopping_word": .string,
            "timings": ReplyIdentity.timings, "tokens": .array(.integer),
            "completion_probabilities": .optional(.array(.anything)),
        ] as JSONShape).with(.warnings)
}

/// Texts that are held to a form.
private enum TextForm {
    static let examples: [JSONObject] = [
        [
            "prompt": "Once",
            "response_format": ["type": "json_schema", "json_schema": ["schema": ["type": "object"]]],
        ],
        ["prompt": "Once", "structured_outputs": ["choice": ["a", "b"]]],
        ["prompt": "Once", "repetition_detection": ["max_pattern_size": 20, "min_count": 8]],
    ]
}
