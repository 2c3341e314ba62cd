internal import APIDoors
internal import JSON

extension ResponsesRoute {
    static let description = RouteDescription(
        "Answers a conversation, in items.", request: request, response: response, stream: .events)

    static let countDescription = RouteDescription(
        "How many tokens a request's prompt has.", request: request,
        response: ["object": .string, "input_tokens": .integer])

    static let describeDescription = RouteDescription("Shows a stored response.", response: response)

    static let deleteDescription = RouteDescription(
        "Forgets a stored response.", response: ["id": .string, "object": .string, "deleted": .boolean])

    static let cancelDescription = RouteDescription("Calls a response off that is coming.", response: response)

    private static let request = RequestDescription(
        [
            [
                "input": "Hi", "reasoning": ["effort": "low"], "thinking": ["type": "enabled"],
                "chat_template_kwargs": ["enable_thinking": true],
                "custom_params": ["thinking_budget": 100],
                "repetition_detection": ["max_pattern_size": 20, "min_count": 8],
                "text": ["format": ["type": "json_schema", "name": "n", "schema": ["type": "object"]]],
            ],
            [
                "input": [
                    ["role": "user", "content": [["type": "input_text", "text": "Hi"]]],
                    [
                        "type": "reasoning", "id": "1", "summary": [],
                        "content": [["type": "reasoning_text", "text": "hm"]],
                    ],
                    ["type": "function_call", "call_id": "1", "name": "f", "arguments": "{}"],
                    ["type": "function_call_output", "call_id": "1", "output": "1"],
                ],
                "tools": [["type": "function", "name": "f", "parameters": ["type": "object"]]],
                "tool_choice": ["type": "function", "name": "f"],
            ],
            [
                "input": "Hi", "tools": [["type": "function", "name": "f"]],
                "tool_choice": [
                    "type": "allowed_tools", "mode": "auto", "tools": [["type": "function", "name": "f"]],
                ],
            ],
        ], required: ["input"]
    ) { _ = try ResponsesDecoder.call(from: $0, store: ResponseStore(), key: nil, settings: APISettings(version: "")) }

    private static let response: JSONShape =
        ([
            "id": .string, "object": .string, "created_at": .integer, "status": .string, "model": .string,
            "error": .nullable(["code": .string, "message": .string]),
            "incomplete_details": .nullable(["reason": .string]),
            "output": .array(["id": .string, "type": .string, "status": .optional(.string)]),
            "usage": .nullable([
                "input_tokens": .integer, "output_tokens": .integer, "total_tokens": .integer,
                "input_tokens_details": ["cached_tokens": .integer, "restored_reasoning": .optional(.integer)],
                "output_tokens_details": ["reasoning_tokens": .integer],
            ]),
        ] as JSONShape).with(.warnings)
}
