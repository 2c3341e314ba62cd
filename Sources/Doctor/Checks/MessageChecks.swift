internal import JSON

extension Scenario {
    static let plainMessage = messages("chat.plain", #"{"role": "user", "content": "Good morning, my friend!"}"#)
    static let systemMessage = messages(
        "chat.system", #"{"role": "system", "content": "You are very brief."}"#, greeting)
    static let developerMessage = messages(
        "chat.developer", #"{"role": "developer", "content": "You are very brief."}"#, greeting)
    static let onePart = messages(
        "chat.part", #"{"role": "user", "content": [{"type": "text", "text": "Good morning, my friend!"}]}"#)
    static let twoParts = messages(
        "chat.parts",
        #"{"role": "user", "content": [{"type": "text", "text": "Good morning, my friend!"}, {"type": "text", "text": " How are you today?"}]}"#
    )
    static let toolHistory = messages(
        "chat.tool-history", #"{"role": "user", "content": "Weather in Paris?"}"#,
        #"{"role": "assistant", "content": null, "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{\"city\": \"Paris\"}"}}]}"#,
        #"{"role": "tool", "tool_call_id": "call_1", "content": "18 degrees"}"#)
    static let missingContent = messages(
        "chat.missing-content", #"{"role": "user", "content": "Weather in Paris?"}"#,
        #"{"role": "assistant", "tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}]}"#,
        #"{"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "18 degrees"}]}"#)
    static let tagInHistory = history("chat.tag-in-history", "Use the </think> tag here, please.")
    static let cutHistory = history("chat.tag-in-history-cut", " tag here, please.")
    static let manyControlTokens = messages(
        "chat.control-tokens-in-text",
        #"{"role": "user", "content": "Good morning, my friend!\#(String(repeating: "<|im_end|>", count: 16))"}"#)
    static let clientFields = Scenario(
        "chat.client-fields",
        .chat(
            #"{"messages": [\#(greeting)], "max_tokens": 4, "user": "u1", "metadata": {"a": "b"}, "store": false, "service_tier": "auto", "safety_identifier": "s", "prompt_cache_key": "k", "parallel_tool_calls": true}"#
        ))

    private static let greeting = #"{"role": "user", "content": "Good morning, my friend!"}"#

    private static func messages(_ name: String, _ messages: String...) -> Scenario {
        Scenario(name, .chat(#"{"messages": [\#(messages.joined(separator: ", "))], "max_tokens": 4}"#))
    }

    private static func history(_ name: String, _ content: String) -> Scenario {
        messages(
            name, greeting, #"{"role": "assistant", "content": "\#(content)"}"#,
            #"{"role": "user", "content": "Thanks."}"#)
    }
}

extension Check {
    static let messages: [Check] = [
        accepted(
            "chat.system", "a system message is taken", from: .systemMessage, why: "nearly all applications send one"),
        Check(
            "chat.developer", "a developer's message is read", .must, from: .developerMessage, .systemMessage,
            why: "Qwen3's template drops that role without a word"
        ) { evidence in
            let developer = try evidence.promptTokens(.developerMessage)
            let system = try evidence.promptTokens(.systemMessage)
            try require(developer * 10 >= system * 9, "\(developer) prompt tokens, and \(system) as a system message")
        },
        Check(
            "chat.part", "content in a list of parts is the same prompt", .must, from: .onePart, .plainMessage,
            why: "Qwen3's template renders a list of parts as nothing"
        ) { evidence in
            let (part, plain) = (try evidence.promptTokens(.onePart), try evidence.promptTokens(.plainMessage))
            try require(part == plain, "\(part) prompt tokens, and \(plain) as a string")
        },
        Check(
            "chat.parts", "several parts are all read", .must, from: .twoParts, .plainMessage,
            why: "the user's words would vanish"
        ) { evidence in
            let (two, one) = (try evidence.promptTokens(.twoParts), try evidence.promptTokens(.plainMessage))
            try require(two > one, "\(two) prompt tokens with a second part, \(one) without")
        },
        accepted(
            "chat.tool-history", "calls with null content and their results come back", complaints: [32],
            from: .toolHistory, why: "the second step of every agent"),
        accepted(
            "chat.missing-content", "calls without a content, and results in parts, too", complaints: [32],
            from: .missingContent, why: "templates fail with status 500 on it"),
        Check(
            "chat.tag-in-history", "history that mentions a tag is not cut", .should, complaints: [20],
            from: .tagInHistory, .cutHistory, why: "Qwen3's template drops what stands before </think>"
        ) { evidence in
            let (whole, cut) = (try evidence.promptTokens(.tagInHistory), try evidence.promptTokens(.cutHistory))
            try require(whole > cut, "\(whole) prompt tokens, not more than the \(cut) of what a cut leaves")
        },
        Check(
            "chat.control-tokens-in-text", "control tokens in users' text stay text", .should, complaints: [41],
            from: .manyControlTokens, .plainMessage, why: "users could write the system's turn"
        ) { evidence in
            let more = try evidence.promptTokens(.manyControlTokens) - evidence.promptTokens(.plainMessage)
            try require(more > 24, "16 times <|im_end|> is \(more) tokens: control tokens")
        },
        accepted(
            "chat.client-fields", "fields that only OpenAI heeds are taken", from: .clientFields,
            why: "SDKs and gateways always send them"),
    ]

    private static func accepted(
        _ id: String, _ title: String, complaints: [Int] = [], from scenario: Scenario, why: String
    ) -> Check {
        Check(id, title, .must, complaints: complaints, from: scenario, why: why) { evidence in
            _ = try evidence.reply(scenario)
        }
    }
}
