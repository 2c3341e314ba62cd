internal import JSON

extension Scenario {
    static let thinkingOff = question("reasoning.off", #""chat_template_kwargs": {"enable_thinking": false}"#)
    static let thinkingOffStream = question(
        "reasoning.off-stream", #""chat_template_kwargs": {"enable_thinking": false}, "stream": true"#)
    static let noThink = Scenario(
        "reasoning.no-think",
        .chat(
            #"{"messages": [{"role": "user", "content": "How many r's in strawberries? /no_think"}], "temperature": 0, "max_tokens": 128}"#
        ))
    static let reasoningHistory = history("reasoning.history", #""content": "3.", "reasoning_content": "Counting: 3.""#)
    static let rawHistory = history("reasoning.history-raw", #""content": "<think>\nCounting: 3.\n</think>\n\n3.""#)
    static let stopInReasoning = Scenario(
        "reasoning.stop",
        steps: [
            { _, _ in [chatQuestion] },
            { _, earlier in
                guard let json = earlier[0].json, let word = wordOfReasoningAlone(ChatReply(json)) else { return [] }
                return [chatQuestion.with(["stop": [.string(word)]])]
            },
        ])

    private static let chatQuestion = Ask.chat(
        #"{"messages": [\#(letterQuestion)], "temperature": 0, "seed": 1, "max_tokens": 512}"#)

    static func question(_ name: String, _ members: String, tokens: Int = 512) -> Scenario {
        Scenario(
            name,
            .chat(#"{"messages": [\#(letterQuestion)], "temperature": 0, "max_tokens": \#(tokens), \#(members)}"#))
    }

    private static func history(_ name: String, _ members: String) -> Scenario {
        Scenario(
            name,
            .chat(
                #"{"messages": [\#(letterQuestion), {"role": "assistant", \#(members)}, {"role": "user", "content": "Really?"}], "max_tokens": 4}"#
            ))
    }

    /// The longest word that the reasoning has and the answer has not.
    private static func wordOfReasoningAlone(_ reply: ChatReply) -> String? {
        reply.reasoning.split { !$0.isASCII || !$0.isLetter }.map(String.init)
            .filter { $0.count >= 4 && !reply.content.contains($0) }
            .max { $0.count < $1.count }
    }
}

extension Check {
    static let reasoning: [Check] = [
        Check(
            "reasoning.no-tags", "no think tags in the content", .must, complaints: [2, 3], from: .chatWhole,
            why: "users read the model's thoughts as its answer"
        ) { evidence in
            try requireNoTags(try evidence.reply(.chatWhole).content)
        },
        Check(
            "reasoning.no-tags-inside", "no think tags in the reasoning", .must, complaints: [3], needs: [.reasoning],
            from: .chatWhole, why: "the tag is markup"
        ) { evidence in
            try requireNoTags(try evidence.reply(.chatWhole).reasoning)
        },
        Check(
            "reasoning.stream-tags", "no think tags in a stream", .must, complaints: [3, 4], needs: [.reasoning],
            from: .chatStream, why: "tags that chunks cut slip through"
        ) { evidence in
            let stream = try evidence.stream(.chatStream)
            try requireNoTags(stream.content)
            try requireNoTags(stream.reasoning)
        },
        Check(
            "reasoning.field", "reasoning is reasoning_content", .should, complaints: [5], needs: [.reasoning],
            from: .chatWhole, .chatStream, why: "Qwen-Agent and clients made for DeepSeek read no other name"
        ) { evidence in
            let whole = try evidence.reply(.chatWhole).message?["reasoning_content"]?.stringValue
            try require(whole?.isEmpty == false, "the message has none")
            try require(!(try evidence.stream(.chatStream)).text("reasoning_content").isEmpty, "the stream has none")
        },
        Check(
            "reasoning.off", "thinking off: the answer is content", .must, complaints: [1], needs: [.reasoning],
            from: .thinkingOff, why: "the whole answer lands in reasoning_content"
        ) { evidence in
            let reply = try evidence.offeredReply(.thinkingOff)
            try require(!reply.content.isEmpty, "content is empty")
        },
        Check(
            "reasoning.off-none", "thinking off: no reasoning", .must, complaints: [1, 11], needs: [.reasoning],
            from: .thinkingOff,
            why: "who switches it off wants the time back"
        ) { evidence in
            let reply = try evidence.offeredReply(.thinkingOff)
            try presuppose(!reply.content.isEmpty, "no content")
            try require(reply.reasoning.isEmpty, "\(reply.reasoning.count) characters of it")
        },
        Check(
            "reasoning.off-stream", "thinking off: a stream has content alone", .must, complaints: [1, 18],
            needs: [.reasoning],
            from: .thinkingOffStream, why: "stream parsers start in the wrong state"
        ) { evidence in
            try evidence.offered(.thinkingOffStream)
            let stream = try evidence.stream(.thinkingOffStream)
            try require(!stream.content.isEmpty, "no content")
            try require(stream.reasoning.isEmpty, "reasoning")
        },
        Check(
            "reasoning.no-think", "/no_think leaves no empty block behind", .must, complaints: [3], needs: [.reasoning],
            from: .noThink, why: "the model writes the tags itself then"
        ) { evidence in
            let content = try evidence.reply(.noThink).content
            try requireNoTags(content)
            try require(!content.hasPrefix("\n"), "content begins with empty lines")
        },
        Check(
            "reasoning.line-feeds", "content does not begin with line feeds", .should, needs: [.reasoning],
            from: .chatWhole, why: "models write two between thinking and answer"
        ) { evidence in
            try require(!(try evidence.reply(.chatWhole)).content.hasPrefix("\n"), "it does")
        },
        Check(
            "reasoning.tokens", "usage counts reasoning tokens", .should, complaints: [12], needs: [.reasoning],
            from: .chatWhole, why: "most of the bill is told nowhere"
        ) { evidence in
            let reply = try evidence.reply(.chatWhole)
            let count = try require(reply.reasoningTokens, "no completion_tokens_details.reasoning_tokens")
            try require(
                1...(max(1, reply.completionTokens ?? 0)) ~= count, "\(count) of \(reply.completionTokens ?? 0)")
        },
        Check(
            "reasoning.tokens-stream", "streams count as many reasoning tokens", .should, complaints: [12],
            needs: [.reasoning],
            from: .chatStream, .chatWhole, why: "bills must not depend on the form"
        ) { evidence in
            let usage = try evidence.stream(.chatStream).usage
            let count = usage?["completion_tokens_details"]?["reasoning_tokens"]?.intValue
            let whole = try evidence.reply(.chatWhole).reasoningTokens
            try presuppose(whole != nil, "the whole reply has none")
            try require(count == whole, "\(count.map(String.init) ?? "none"), and \(whole ?? 0) in the whole reply")
        },
        Check(
            "reasoning.tokens-off", "thinking off: no reasoning tokens", .should, complaints: [12], needs: [.reasoning],
            from: .thinkingOff, why: "who switched it off looks there"
        ) { evidence in
            let count = try evidence.offeredReply(.thinkingOff).reasoningTokens
            try require(count ?? 0 == 0, "\(count ?? 0)")
        },
        Check(
            "reasoning.history", "reasoning may come back", .must, complaints: [37], from: .reasoningHistory,
            why: "SDKs send messages back as they came"
        ) { evidence in
            _ = try evidence.reply(.reasoningHistory)
        },
        Check(
            "reasoning.history-raw", "reasoning may come back as tags in the content", .must, complaints: [32],
            from: .rawHistory,
            why: "clients that store text store those too"
        ) { evidence in
            _ = try evidence.reply(.rawHistory)
        },
        Check(
            "reasoning.stop", "a stop string within reasoning ends nothing", .should, complaints: [9],
            needs: [.reasoning], from: .stopInReasoning, why: "the reply ends before its answer"
        ) { evidence in
            let plain = try evidence.reply(.stopInReasoning, 0)
            let stopped = try evidence.reply(.stopInReasoning, 1)
            try require(stopped.content == plain.content, "content is \(stopped.content.prefix(20).debugDescription)")
        },
    ]

    static func requireNoTags(_ text: String) throws {
        for tag in ["<think>", "</think>"] {
            try require(!text.contains(tag), "\(tag) in it")
        }
    }
}
