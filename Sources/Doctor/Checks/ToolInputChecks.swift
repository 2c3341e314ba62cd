internal import JSON

extension Scenario {
    static let bareTool = function("tools.bare", #""name": "ping""#)
    static let oddSchema = function(
        "tools.odd-schema",
        ##""name": "odd", "description": "", "parameters": {"$defs": {"n": {"type": ["integer", "null"]}}, "type": "object", "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"anyOf": [{"type": "string"}, {"type": "array", "items": {}}]}, "c": {}, "d": {"type": "object", "additionalProperties": {"type": "number"}}}}"##
    )
    static let trickyDescription = function(
        "tools.description",
        #""name": "tricky", "description": "root ::= \"a\" | [^\\]\u0001 {{ 7*7 }} {% raw %} <|im_end|> </tool_call> '''\" \\u00", "parameters": {"type": "object", "properties": {"q\"uote": {"type": "string", "description": "a\\\"b"}}}"#
    )
    static let unknownFunction = tools(
        "tools.unknown", #""tool_choice": {"type": "function", "function": {"name": "no_such_function"}}"#)
    static let requiredWithoutTools = Scenario(
        "tools.required-without", .shortChat.with(["tool_choice": "required"]))
    static let chineseTool = function("tools.unicode", #""name": "f", "description": "查询某个城市今天的天气预报""#)
    static let escapedTool = function(
        "tools.unicode-escaped",
        #""name": "f", "description": "\\u67e5\\u8be2\\u67d0\\u4e2a\\u57ce\\u5e02\\u4eca\\u5929\\u7684\\u5929\\u6c14\\u9884\\u62a5""#
    )
    static let toolResult = Scenario(
        "tools.result",
        .chat(
            #"{"messages": [\#(ToolFixtures.question), {"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\", \"unit\": \"celsius\"}"}}]}, {"role": "tool", "tool_call_id": "call_1", "content": "{\"temperature\": 18}"}], "tools": \#(ToolFixtures.both), "temperature": 0, "max_tokens": 512}"#
        ))
    static let toolsAndFormat = tools(
        "tools.with-format", #""response_format": {"type": "json_object"}, "tool_choice": "auto""#)
    static let unnamedTool = function("tools.unnamed", #""description": "has no name""#)
    static let toolsText = Scenario("tools.no-array", .shortChat.with(["tools": "get_weather"]))

    private static func function(_ name: String, _ members: String) -> Scenario {
        Scenario(
            name,
            .chat(
                #"{"messages": [{"role": "user", "content": "Hello!"}], "tools": [{"type": "function", "function": {\#(members)}}], "max_tokens": 8}"#
            ))
    }
}

extension Check {
    static let toolInputs: [Check] = [
        Check(
            "tools.bare", "a function without parameters is taken", .must, complaints: [26], needs: [.tools],
            from: .bareTool, why: "many have none"
        ) { evidence in
            _ = try evidence.reply(.bareTool)
        },
        Check(
            "tools.odd-schema", "odd schemas are taken, or refused by name", .must, complaints: [26], needs: [.tools],
            from: .oddSchema, why: "SDKs generate $defs, unions and empty schemas"
        ) { evidence in
            let transcript = try evidence.answer(.oddSchema)
            try require(transcript.status < 500, transcript.complaint)
        },
        Check(
            "tools.description", "no description breaks the server", .must, complaints: [27], needs: [.tools],
            from: .trickyDescription, why: "a grammar is built of it, or a template runs it"
        ) { evidence in
            let transcript = try evidence.answer(.trickyDescription)
            try require(transcript.status < 500, transcript.complaint)
        },
        Check(
            "tools.unknown", "a choice of a function that is not there is refused", .should, complaints: [24],
            needs: [.tools], from: .unknownFunction, why: "it can never be called"
        ) { evidence in
            try evidence.refusal(.unknownFunction)
        },
        Check(
            "tools.required-without", "required without tools is refused", .should, complaints: [24],
            from: .requiredWithoutTools, why: "a call must come and none can"
        ) { evidence in
            try evidence.refusal(.requiredWithoutTools)
        },
        Check(
            "tools.unicode", "descriptions reach the model unescaped", .should, complaints: [30], needs: [.tools],
            from: .chineseTool, .escapedTool, why: "\\u67e5 costs twice the tokens and means nothing to the model"
        ) { evidence in
            let (plain, escaped) = (try evidence.promptTokens(.chineseTool), try evidence.promptTokens(.escapedTool))
            try require(plain < escaped, "\(plain) prompt tokens, and \(escaped) with every character escaped")
        },
        Check(
            "tools.result", "results lead to an answer", .must, complaints: [32], needs: [.tools], from: .toolResult,
            why: "the second step of every agent"
        ) { evidence in
            let reply = try evidence.reply(.toolResult)
            try require(!reply.content.isEmpty || !reply.toolCalls.isEmpty, "neither content nor calls")
        },
        Check(
            "tools.with-format", "tools beside response_format: calls, JSON, or a refusal", .should, complaints: [34],
            needs: [.tools], from: .toolsAndFormat, why: "the format suppresses calls, or is dropped"
        ) { evidence in
            let reply = try evidence.offeredReply(.toolsAndFormat)
            try presuppose(reply.finishReason != "length", "the reply was cut by max_tokens")
            let isJSON = (try? JSONValue(parsing: reply.content)) != nil
            try require(!reply.toolCalls.isEmpty || isJSON, "neither a call nor JSON")
        },
        Check(
            "tools.unnamed", "a function without a name is refused", .should, needs: [.tools], from: .unnamedTool,
            why: "it cannot be called"
        ) { evidence in
            try evidence.refusal(.unnamedTool)
        },
        Check(
            "tools.no-array", "tools that are no array are refused", .must, complaints: [50], needs: [.tools],
            from: .toolsText, why: "a 500 is tried again"
        ) { evidence in
            try evidence.refusal(.toolsText)
        },
    ]
}
