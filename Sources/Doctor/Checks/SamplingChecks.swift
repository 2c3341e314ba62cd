internal import JSON

extension Scenario {
    static let greedyTwice = Scenario("sampling.greedy", sampled(#""temperature": 0"#), sampled(#""temperature": 0"#))
    static let seededTwice = Scenario(
        "sampling.seed", sampled(#""temperature": 1.5, "seed": 42"#), sampled(#""temperature": 1.5, "seed": 42"#))
    static let threeTokens = Scenario(
        "sampling.max-tokens", limited("max_tokens", 3), limited("max_completion_tokens", 3))
    static let oneToken = Scenario("sampling.one-token", limited("max_tokens", 1))
    static let twoChoices = Scenario("sampling.n", .shortChat.with(["n": 2]))
    static let stopArray = Scenario("sampling.stop-array", .shortChat.with(["stop": ["zzzz", "qqqq"]]))
    static let stopText = Scenario("sampling.stop-text", .shortChat.with(["stop": "zzzz"]))
    static let stopNull = Scenario(
        "sampling.nulls",
        .shortChat.with([
            "stop": nil, "temperature": nil, "top_p": nil, "seed": nil, "n": nil, "logit_bias": nil, "tools": nil,
            "tool_choice": nil, "response_format": nil, "stream": nil, "stream_options": nil, "user": nil,
        ]))
    static let penalties = Scenario(
        "sampling.penalties",
        .shortChat.with(["presence_penalty": 0.5, "frequency_penalty": -0.5, "top_p": 0.9, "temperature": 0.7]))
    static let localFields = Scenario(
        "sampling.local", .shortChat.with(["top_k": 20, "min_p": 0.05, "repetition_penalty": 1.05]))
    static let emptyBias = Scenario("sampling.bias", .shortChat.with(["logit_bias": ["5": 1.5, "6": -100]]))
    static let logprobs = Scenario(
        "sampling.logprobs",
        .chat(
            #"{"messages": [\#(letterQuestion)], "temperature": 0, "max_tokens": 512, "logprobs": true, "top_logprobs": 4}"#
        ))
    static let stopWord = Scenario(
        "sampling.stop",
        steps: [
            { _, _ in [sampled(#""temperature": 0"#)] },
            { _, earlier in
                guard let json = earlier[0].json else { return [] }
                let words = ChatReply(json).content.split(separator: " ").dropFirst()
                guard let word = words.first(where: { $0.count >= 2 }) else { return [] }
                return [sampled(#""temperature": 0"#).with(["stop": .string(String(word))])]
            },
        ])

    private static func sampled(_ members: String) -> Ask {
        .chat(#"{"messages": [\#(letterQuestion)], "max_tokens": 512, \#(members)}"#)
    }

    private static func limited(_ member: String, _ count: Int) -> Ask {
        .chat(#"{"messages": [\#(letterQuestion)], "temperature": 0, "\#(member)": \#(count)}"#)
    }
}

extension Check {
    static let sampling: [Check] = [
        same(
            "sampling.greedy", "temperature 0 twice is the same", .must, complaints: [48], from: .greedyTwice,
            why: "tests and caches depend on it"),
        same(
            "sampling.seed", "a seed twice is the same", .should, complaints: [48], from: .seededTwice,
            why: "a seed that seeds nothing"),
        Check(
            "sampling.max-tokens", "max_tokens is the number of tokens", .must, from: .threeTokens,
            why: "limits that do not limit cost"
        ) { evidence in
            try requireTokens(3, try evidence.reply(.threeTokens, 0))
        },
        Check(
            "sampling.max-completion-tokens", "max_completion_tokens is the number of tokens", .must,
            from: .threeTokens,
            why: "its name since 2024"
        ) { evidence in
            try requireTokens(3, try evidence.reply(.threeTokens, 1))
        },
        Check(
            "sampling.one-token", "one token is one token", .must, from: .oneToken, why: "classifiers read just one"
        ) { evidence in
            try requireTokens(1, try evidence.reply(.oneToken))
        },
        Check(
            "sampling.n", "n gives so many choices, or is refused", .should, from: .twoChoices,
            why: "one where two were asked for is half an answer"
        ) { evidence in
            let reply = try evidence.offeredReply(.twoChoices)
            try require(reply.choices.count == 2, "\(reply.choices.count) choices")
            let indexes = Set(reply.choices.compactMap { $0["index"]?.intValue })
            try require(indexes == [0, 1], "indexes \(indexes.sorted())")
        },
        Check(
            "sampling.stop", "a stop string ends the answer before itself", .must, from: .stopWord,
            why: "templates of old agents are built on it"
        ) { evidence in
            let (whole, stopped) = (try evidence.reply(.stopWord, 0), try evidence.reply(.stopWord, 1))
            try require(whole.content.hasPrefix(stopped.content), "another answer")
            try require(stopped.content.count < whole.content.count, "it went on")
            try require(stopped.finishReason == "stop", "finish_reason is \(stopped.finishReason ?? "missing")")
        },
        taken("sampling.stop-text", "stop may be one text", from: .stopText, why: "OpenAI's schema allows both"),
        taken("sampling.stop-array", "stop may be several texts", from: .stopArray, why: "OpenAI's schema allows both"),
        taken(
            "sampling.nulls", "null is as good as nothing", from: .stopNull,
            why: "SDKs of typed languages send all fields"),
        taken(
            "sampling.penalties", "OpenAI's penalties are taken", from: .penalties, why: "chat applications send them"),
        taken("sampling.bias", "logit_bias is taken", from: .emptyBias, why: "it bans words"),
        Check(
            "sampling.local", "top_k, min_p and repetition_penalty are taken", .extra, from: .localFields,
            why: "Qwen3's card advises them"
        ) { evidence in
            _ = try evidence.offeredReply(.localFields)
        },
        Check(
            "sampling.logprobs", "logprobs has token, logprob and bytes", .should, needs: [.logprobs], from: .logprobs,
            why: "typed SDKs require them"
        ) { evidence in
            for entry in try tokens(evidence) {
                try require(entry["token"]?.stringValue != nil, "token is missing")
                let value = try require(entry["logprob"]?.doubleValue, "logprob is missing")
                try require(value <= 1e-6, "a logprob is \(value)")
                try require(entry["bytes"] != nil, "bytes is missing")
            }
        },
        Check(
            "sampling.top-logprobs", "top_logprobs has as many as asked for, best first", .should, needs: [.logprobs],
            from: .logprobs, why: "classifiers compare them"
        ) { evidence in
            for entry in try tokens(evidence) {
                let values = (entry["top_logprobs"]?.arrayValue ?? []).compactMap { $0["logprob"]?.doubleValue }
                try require(values.count == 4, "\(values.count) of 4")
                try require(zip(values, values.dropFirst()).allSatisfy { $0 >= $1 }, "not in order")
            }
        },
        Check(
            "sampling.probabilities", "their probabilities are no more than one together", .should, needs: [.logprobs],
            from: .logprobs, why: "logits are no logarithms of probabilities"
        ) { evidence in
            for entry in try tokens(evidence) {
                let values = (entry["top_logprobs"]?.arrayValue ?? []).compactMap { $0["logprob"]?.doubleValue }
                let sum = values.map(Exponential.of).reduce(0, +)
                try require(sum <= 1.001, "they come to \(sum)")
            }
        },
        Check(
            "sampling.best", "temperature 0 takes the likeliest token", .should, needs: [.logprobs], from: .logprobs,
            why: "greedy is greedy"
        ) { evidence in
            for entry in try tokens(evidence) {
                guard let own = entry["logprob"]?.doubleValue,
                    let best = entry["top_logprobs"]?[0]?["logprob"]?.doubleValue
                else { throw Finding.nothingToSay("no alternatives") }
                try require(own >= best - 1e-3, "one of \(own) where \(best) was there")
            }
        },
    ]

    private static func tokens(_ evidence: Evidence) throws -> [JSONValue] {
        let tokens = try require(try evidence.reply(.logprobs).logprobs, "no logprobs.content")
        try presuppose(!tokens.isEmpty, "no tokens of content")
        return tokens
    }

    private static func requireTokens(_ count: Int, _ reply: ChatReply) throws {
        try require(reply.completionTokens == count, "\(reply.completionTokens ?? -1) completion_tokens")
        try require(reply.finishReason == "length", "finish_reason is \(reply.finishReason ?? "missing")")
    }

    private static func same(
        _ id: String, _ title: String, _ level: Level, complaints: [Int], from scenario: Scenario, why: String
    ) -> Check {
        Check(id, title, level, complaints: complaints, from: scenario, why: why) { evidence in
            let (first, second) = (try evidence.reply(scenario, 0), try evidence.reply(scenario, 1))
            let texts = (first.reasoning + first.content, second.reasoning + second.content)
            try require(texts.0 == texts.1, difference(texts.0, texts.1))
        }
    }

    private static func taken(_ id: String, _ title: String, from scenario: Scenario, why: String) -> Check {
        Check(id, title, .must, from: scenario, why: why) { evidence in _ = try evidence.reply(scenario) }
    }
}
