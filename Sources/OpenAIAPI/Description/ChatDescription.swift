internal import APIDoors
internal import JSON
internal import Serving

extension ChatCompletionsRoute {
    /// What there is to say of the endpoint.
    static let description = RouteDescription(
        "Answers a conversation.", request: request, response: .either([reply, preview]), stream: .events)

    /// The body of a chat completion, which other endpoints read too.
    static let request = RequestDescription(
        [
            example([
                "chat_template_kwargs": ["enable_thinking": true, "preserve_thinking": false],
                "thinking": ["type": "enabled", "budget_tokens": 100],
                "reasoning": ["enabled": true, "effort": "low", "max_tokens": 100, "exclude": false],
                "custom_params": ["thinking_budget": 100],
                "stream": true, "stream_options": ["include_usage": true],
                "response_format": ["type": "json_schema", "json_schema": ["schema": ["type": "object"]]],
                "logprobs": true, "repetition_detection": ["max_pattern_size": 20, "min_count": 8],
            ]),
            example([
                "messages": [
                    ["role": "user", "content": [["type": "text", "text": "Hi"]]],
                    [
                        "role": "assistant", "content": nil, "reasoning_details": [["text": "hm"]],
                        "tool_calls": [["id": "1", "function": ["name": "f", "arguments": "{}"]]],
                    ],
                    ["role": "tool", "tool_call_id": "1", "content": "1"],
                ],
                "tools": [["type": "function", "function": ["name": "f", "parameters": ["type": "object"]]]],
                "tool_choice": ["type": "function", "function": ["name": "f"]],
            ]),
            example([
                "tools": [["type": "function", "function": ["name": "f"]]],
                "tool_choice": [
                    "type": "allowed_tools",
                    "allowed_tools": ["mode": "auto", "tools": [["type": "function", "function": ["name": "f"]]]],
                ],
            ]),
            example(["structured_outputs": ["choice": ["a", "b"]]]),
        ], required: ["messages"]
    ) { _ = try ChatCompletionDecoder.call(from: $0) }

    private static func example(_ members: JSONObject) -> JSONObject {
        var example: JSONObject = ["messages": [["role": "user", "content": "Hi"]]]
        for (key, value) in members {
            example[key] = value
        }
        return example
    }

    static let toolCalls: JSONShape = .array([
        "id": .string, "type": .string, "function": ["name": .string, "arguments": .string],
    ])

    static let message: JSONShape = [
        "role": .string, "content": .nullable(.string), "refusal": .nullable(.string),
        "reasoning_content": .optional(.nullable(.string)), "reasoning": .optional(.nullable(.string)),
        "tool_calls": .optional(toolCalls),
    ]

    private static let reply: JSONShape = ReplyIdentity.shape.with([
        "choices": .array([
            "index": .integer, "message": message, "logprobs": .nullable(["content": .array(.anything)]),
            "finish_reason": .string,
            "finish_details": .optional([
                "reasoning_end": .optional(.string), "limit": .optional(.string), "json": .optional(.string),
                "loop": .optional(["period": .integer, "count": .integer]),
            ]),
        ])
    ]).with(.warnings)

    private static let preview: JSONShape =
        ([
            "object": .string, "model": .string, "prompt": .string, "prompt_token_ids": .array(.integer),
            "usage": ["prompt_tokens": .integer], "starts_in": .string, "effective": .anything,
        ] as JSONShape).with(.warnings)
}

extension ChatControlRoute {
    static let description = RouteDescription(
        "Acts on a reply that is coming.",
        request: RequestDescription([["id": "x", "action": "reasoning_end"]], required: ["id", "action"]) { body in
            var root = FieldReader(body)
            _ = try ControlFields(from: &root, settings: APISettings(version: ""))
        },
        response: ["success": .boolean, "message": .optional(.string)])
}

extension AbortRoute {
    static let oneDescription = RouteDescription(
        "Calls a reply off that is coming, or all, in SGLang's words.",
        request: RequestDescription([["rid": "x"], ["abort_all": true]]) { body in
            var root = FieldReader(body)
            _ = try AbortFields(oneFrom: &root, settings: APISettings(version: ""))
        },
        response: ["aborted": .integer])

    static let severalDescription = RouteDescription(
        "Calls replies off that are coming, in vLLM's words.",
        request: RequestDescription([["request_ids": ["x"]]], required: ["request_ids"]) { body in
            var root = FieldReader(body)
            _ = try AbortFields(severalFrom: &root, settings: APISettings(version: ""))
        },
        response: ["aborted": .integer])
}

extension ResumeRoute {
    static let description = RouteDescription(
        "The rest of a stream whose connection broke.", query: ["from": false], response: .anything, stream: .events)
}

extension ConversationStreamRoute {
    static let resumeDescription = RouteDescription(
        "The rest of a conversation's stream, behind so many bytes, in llama-server's words.",
        query: ["conv_id": true, "from": false], response: .anything, stream: .events)

    static let endDescription = RouteDescription(
        "Calls a conversation's stream off and forgets it, in llama-server's words.", query: ["conv_id": true],
        response: nil)

    static let lookUpDescription = RouteDescription(
        "Which conversations have streams, in llama-server's words.",
        request: RequestDescription([["conversation_ids": ["x"]]], required: ["conversation_ids"]) { body in
            var root = FieldReader(body)
            _ = try ConversationNames(from: &root, settings: APISettings(version: ""))
        },
        response: .array([
            "conversation_id": .string, "is_done": .boolean, "total_bytes": .integer, "started_at": .integer,
            "completed_at": .integer,
        ]))
}

extension ReplyIdentity {
    /// What every whole reply of OpenAI's older APIs has.
    static let shape: JSONShape = [
        "id": .string, "object": .string, "created": .integer, "model": .string, "system_fingerprint": .string,
        "usage": [
            "prompt_tokens": .integer, "completion_tokens": .integer, "total_tokens": .integer,
            "prompt_tokens_details": ["cached_tokens": .integer, "restored_reasoning": .optional(.integer)],
            "completion_tokens_details": ["reasoning_tokens": .integer, "reasoning_budget": .optional(.integer)],
        ],
        "timings": timings,
    ]

    static let timings: JSONShape = [
        "cache_n": .integer, "prompt_n": .integer, "prompt_ms": .number, "predicted_n": .integer,
        "predicted_ms": .number, "queue_ms": .number, "yarn_factor": .optional(.number),
        "yarn_recomputed_n": .optional(.integer),
    ]
}
