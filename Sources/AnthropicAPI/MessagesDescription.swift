internal import APIDoors
internal import JSON

extension MessagesRoute {
    static let description = RouteDescription(
        "Answers a conversation, in Anthropic's words.", request: request, response: message, stream: .events)

    static let countDescription = RouteDescription(
        "How many tokens a request's prompt has.", request: request, response: ["input_tokens": .integer])

    private static let request = RequestDescription(
        [
            [
                "max_tokens": 100, "system": [["type": "text", "text": "Be brief."]],
                "messages": [
                    ["role": "user", "content": [["type": "text", "text": "Hi"]]],
                    [
                        "role": "assistant",
                        "content": [
                            ["type": "thinking", "thinking": "hm"],
                            ["type": "tool_use", "id": "1", "name": "f", "input": [:]],
                        ],
                    ],
                    ["role": "user", "content": [["type": "tool_result", "tool_use_id": "1", "content": "1"]]],
                    [
                        "role": "user",
                        "content": [["type": "document", "source": ["type": "text", "data": "A document."]]],
                    ],
                ],
                "thinking": ["type": "enabled", "budget_tokens": 100, "display": "omitted"],
                "tools": [["name": "f", "input_schema": ["type": "object"]]],
                "tool_choice": ["type": "tool", "name": "f"],
            ],
            [
                "messages": [["role": "user", "content": "Hi"]], "thinking": ["type": "adaptive"],
                "output_config": ["format": ["type": "json_schema", "schema": ["type": "object"]], "effort": "low"],
            ],
            [
                "messages": [["role": "user", "content": "Hi"]],
                "output_format": ["type": "json_schema", "schema": ["type": "object"]],
            ],
        ], required: ["messages"]
    ) { _ = try MessagesDecoder.call(from: $0, settings: APISettings(version: "")) }

    private static let message: JSONShape =
        ([
            "id": .string, "type": .string, "role": .string, "model": .string, "content": .array(["type": .string]),
            "stop_reason": .nullable(.string), "stop_sequence": .nullable(.string),
            "usage": [
                "input_tokens": .integer, "cache_creation_input_tokens": .integer, "cache_read_input_tokens": .integer,
                "output_tokens": .integer, "output_tokens_details": ["thinking_tokens": .integer],
                "restored_reasoning": .optional(.integer),
            ],
        ] as JSONShape).with(.warnings)
}
