internal import JSON

/// What most chats of the checks are about: short enough for any model, and one that the built-in model thinks about.
let letterQuestion = #"{"role": "user", "content": "How many r's in strawberries?"}"#

extension Scenario {
    static let chatWhole = Scenario(
        "chat.whole", .chat(#"{"messages": [\#(letterQuestion)], "temperature": 0, "seed": 1, "max_tokens": 512}"#))
    static let chatShort = Scenario("chat.short", .shortChat)
    static let chatCached = Scenario(
        "chat.cached", longSystemChat("Hello!"), longSystemChat("Good morning!"))

    private static func longSystemChat(_ words: String) -> Ask {
        let rules = (1...40).map { "Rule \($0): be brief and be kind." }.joined(separator: " ")
        return .chat(
            #"{"messages": [{"role": "system", "content": "\#(rules)"}, {"role": "user", "content": "\#(words)"}], "max_tokens": 4}"#
        )
    }
}

extension Check {
    static let chat: [Check] = [
        Check(
            "chat.object", "object is chat.completion", .must, from: .chatWhole, why: "typed SDKs require the literal"
        ) { evidence in
            let object = try evidence.reply(.chatWhole).json["object"]?.stringValue
            try require(object == "chat.completion", "object is \(object ?? "missing")")
        },
        Check(
            "chat.id", "each reply has an id of its own", .must, from: .chatWhole, .chatShort,
            why: "logs and stores of chats go by it"
        ) { evidence in
            let ids = [
                try evidence.reply(.chatWhole).json["id"]?.stringValue,
                try evidence.reply(.chatShort).json["id"]?.stringValue,
            ]
            try require(ids.allSatisfy { $0?.isEmpty == false }, "no id")
            try require(ids[0] != ids[1], "two replies with the id \(ids[0] ?? "")")
        },
        Check(
            "chat.created", "created is a time in whole seconds", .must, from: .chatWhole,
            why: "typed SDKs require an integer"
        ) { evidence in
            let created = try evidence.reply(.chatWhole).json["created"]?.intValue
            try require(
                1_500_000_000..<4_000_000_000 ~= created ?? 0, "created is \(created.map(String.init) ?? "none")")
        },
        Check(
            "chat.model", "model names what answered", .should, from: .chatWhole, why: "bills and logs go by it"
        ) { evidence in
            let model = try evidence.reply(.chatWhole).json["model"]?.stringValue
            try require(model?.isEmpty == false, "no model")
        },
        Check(
            "chat.choices", "one choice, with the index 0", .must, from: .chatWhole, why: "clients read choices[0]"
        ) { evidence in
            let choices = try evidence.reply(.chatWhole).choices
            try require(choices.count == 1, "\(choices.count) choices")
            try require(choices[0]["index"]?.intValue == 0, "its index is not 0")
        },
        Check(
            "chat.role", "the message is the assistant's", .must, from: .chatWhole, why: "it goes back as history"
        ) { evidence in
            let role = try evidence.reply(.chatWhole).message?["role"]?.stringValue
            try require(role == "assistant", "role is \(role ?? "missing")")
        },
        Check(
            "chat.content", "the message has a content", .must, complaints: [1, 7, 8], from: .chatWhole,
            why: "an empty answer is no answer, however much was thought"
        ) { evidence in
            let reply = try evidence.reply(.chatWhole)
            try require(
                !reply.content.isEmpty, "content is empty, finish_reason \(reply.finishReason ?? "missing")")
        },
        Check(
            "chat.finish", "finish_reason is one of OpenAI's", .must, complaints: [23], from: .chatWhole, .chatShort,
            why: "typed clients break on any other word"
        ) { evidence in
            for scenario in [Scenario.chatWhole, .chatShort] {
                let reason = try evidence.reply(scenario).finishReason
                try require(["stop", "length"].contains(reason), "finish_reason is \(reason ?? "missing")")
            }
        },
        Check(
            "chat.usage", "usage counts prompt, completion and their sum", .must, from: .chatWhole,
            why: "limits and bills are made of it"
        ) { evidence in
            let reply = try evidence.reply(.chatWhole)
            let prompt = try require(reply.promptTokens, "no usage.prompt_tokens")
            let completion = try require(reply.completionTokens, "no usage.completion_tokens")
            try require(prompt > 0 && completion > 0, "\(prompt) and \(completion) tokens")
            try require(reply.usage?["total_tokens"]?.intValue == prompt + completion, "total_tokens is not the sum")
        },
        Check(
            "chat.no-calls", "no tool calls where no tools are", .must, from: .chatWhole,
            why: "an agent would look for the tool"
        ) { evidence in
            try require(try evidence.reply(.chatWhole).toolCalls.isEmpty, "tool_calls")
        },
        Check(
            "chat.control-tokens", "no control tokens in the content", .must, from: .chatWhole,
            why: "users would read <|im_end|>"
        ) { evidence in
            let content = try evidence.reply(.chatWhole).content
            for token in ["<|im_end|>", "<|im_start|>", "<|endoftext|>"] {
                try require(!content.contains(token), "\(token) in the content")
            }
        },
        Check(
            "chat.logprobs-unasked", "no logprobs unasked", .should, from: .chatWhole,
            why: "they are larger than the text"
        ) { evidence in
            let logprobs = try evidence.reply(.chatWhole).choices.first?["logprobs"]
            try require(logprobs?.isNull ?? true, "logprobs without being asked")
        },
        Check(
            "chat.cached-count", "usage tells how much of the prompt was cached", .should, complaints: [39],
            from: .chatWhole, why: "nobody can see whether the cache works"
        ) { evidence in
            let reply = try evidence.reply(.chatWhole)
            let cached = try require(reply.cachedTokens, "no prompt_tokens_details.cached_tokens")
            try require(
                0...(reply.promptTokens ?? 0) ~= cached, "\(cached) cached tokens of \(reply.promptTokens ?? 0)")
        },
        Check(
            "chat.cached-prefix", "a prompt that begins alike is found cached", .should, complaints: [36, 39],
            from: .chatCached, why: "agents send the same rules with every request"
        ) { evidence in
            let cached = try evidence.reply(.chatCached, 1).cachedTokens
            try presuppose(cached != nil, "cached tokens are not told")
            try require((cached ?? 0) > 0, "no cached tokens in the second of two prompts with the same system message")
        },
        Check(
            "chat.fingerprint", "system_fingerprint tells the configuration", .extra, from: .chatWhole,
            why: "a seed promises the same reply only under the same one"
        ) { evidence in
            let fingerprint = try evidence.reply(.chatWhole).json["system_fingerprint"]?.stringValue
            try require(fingerprint?.isEmpty == false, "no system_fingerprint")
        },
    ]
}
