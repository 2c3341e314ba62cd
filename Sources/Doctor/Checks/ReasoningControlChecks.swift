internal import JSON

extension Scenario {
    static let topLevelOff = question("reasoning.off-top-level", #""enable_thinking": false"#)
    static let effortNone = question("reasoning.effort-none", #""reasoning_effort": "none""#)
    static let efforts = Scenario(
        "reasoning.efforts", .effort("low"), .effort("medium"), .effort("high"))
    static let effortUnknown = Scenario("reasoning.effort-unknown", .effort("banana"))
    static let budget = question("reasoning.budget", budgets(12))
    static let budgetStream = question(
        "reasoning.budget-stream",
        budgets(12) + #", "stream": true, "stream_options": {"include_usage": true}"#)
    static let budgetZero = question("reasoning.budget-zero", budgets(0))
    static let smallReply = question("reasoning.small-reply", #""seed": 1"#, tokens: 80)
    static let tinyReply = question("reasoning.tiny-reply", #""seed": 1"#, tokens: 40)

    /// A budget by the names that servers have for it.
    private static func budgets(_ count: Int) -> String {
        #""thinking_budget": \#(count), "thinking_token_budget": \#(count), "thinking_budget_tokens": \#(count)"#
    }
}

extension Ask {
    fileprivate static func effort(_ level: String) -> Ask {
        .chat(#"{"messages": [\#(letterQuestion)], "max_tokens": 4, "reasoning_effort": "\#(level)"}"#)
    }
}

extension Check {
    /// A budget may be followed by a phrase that leads over to the answer, of 24 tokens for Qwen3, and the two tags count.
    private static let budgetSlack = 26

    static let reasoningControls: [Check] = [
        Check(
            "reasoning.off-top-level", "enable_thinking at the top is heeded, refused or warned of", .should,
            complaints: [10], needs: [.reasoning], from: .topLevelOff, why: "it is dropped without a word"
        ) { evidence in
            let transcript = try evidence.answer(.topLevelOff)
            if 400...499 ~= transcript.status { return }
            let reply = try evidence.reply(.topLevelOff)
            try require(
                reply.reasoning.isEmpty || mentions("enable_thinking", transcript, reply), "ignored without a word")
        },
        Check(
            "reasoning.effort-none", "reasoning_effort none is heeded, refused or warned of", .should,
            complaints: [10, 11],
            needs: [.reasoning], from: .effortNone, why: "OpenAI's clients have no other switch"
        ) { evidence in
            let transcript = try evidence.answer(.effortNone)
            if 400...499 ~= transcript.status { return }
            let reply = try evidence.reply(.effortNone)
            try require(
                reply.reasoning.isEmpty || mentions("reasoning_effort", transcript, reply), "ignored without a word")
        },
        Check(
            "reasoning.efforts", "low, medium and high are taken", .must, complaints: [10], from: .efforts,
            why: "OpenAI's clients send one by default"
        ) { evidence in
            for step in 0..<3 { _ = try evidence.reply(.efforts, step) }
        },
        Check(
            "reasoning.effort-unknown", "an unknown effort is refused", .should, from: .effortUnknown,
            why: "a misspelled level would cost an hour of thinking"
        ) { evidence in
            try evidence.refusal(.effortUnknown)
        },
        Check(
            "reasoning.budget", "a budget bounds the reasoning", .extra, complaints: [6], needs: [.reasoning],
            from: .budget, .chatWhole, why: "on a CPU thought is time"
        ) { evidence in
            let reply = try evidence.offeredReply(.budget)
            let free = try evidence.reply(.chatWhole).reasoning.count
            if let count = reply.reasoningTokens {
                try require(count <= 12 + budgetSlack, "\(count) tokens with a budget of 12")
            } else {
                try require(reply.reasoning.count < free, "as much reasoning as without")
            }
        },
        Check(
            "reasoning.budget-answer", "an answer follows a budget that is spent", .extra, complaints: [6, 7, 8],
            needs: [.reasoning],
            from: .budget, why: "a budget without an answer is for nothing"
        ) { evidence in
            let reply = try evidence.offeredReply(.budget)
            try require(!reply.content.isEmpty, "content is empty")
        },
        Check(
            "reasoning.budget-stream", "a budget bounds the reasoning of a stream", .extra, complaints: [6],
            needs: [.reasoning],
            from: .budgetStream, why: "budgets work in one of two code paths"
        ) { evidence in
            try evidence.offered(.budgetStream)
            let stream = try evidence.stream(.budgetStream)
            let count = stream.usage?["completion_tokens_details"]?["reasoning_tokens"]?.intValue
            try presuppose(count != nil, "reasoning tokens are not told")
            try require((count ?? 0) <= 12 + budgetSlack, "\(count ?? 0) tokens with a budget of 12")
            try require(!stream.content.isEmpty, "no content")
        },
        Check(
            "reasoning.budget-zero", "a budget of nothing answers at once", .extra, complaints: [6],
            needs: [.reasoning],
            from: .budgetZero, why: "0 is taken for no budget"
        ) { evidence in
            let reply = try evidence.offeredReply(.budgetZero)
            try require((reply.reasoningTokens ?? 0) <= budgetSlack, "\(reply.reasoningTokens ?? 0) tokens")
            try require(!reply.content.isEmpty, "content is empty")
        },
        Check(
            "reasoning.small-reply", "a small max_tokens still gives an answer", .extra, complaints: [7, 8],
            needs: [.reasoning], from: .smallReply, why: "max_tokens is eaten by thinking, content is empty"
        ) { evidence in
            let reply = try evidence.reply(.smallReply)
            try require(
                !reply.content.isEmpty, "content is empty, finish_reason \(reply.finishReason ?? "missing")")
        },
        Check(
            "reasoning.tiny-reply", "40 max_tokens still give an answer", .extra, complaints: [7, 8],
            needs: [.reasoning], from: .tinyReply, why: "what ends the thinking takes all that is left"
        ) { evidence in
            let reply = try evidence.reply(.tinyReply)
            try require(
                !reply.content.isEmpty, "content is empty, finish_reason \(reply.finishReason ?? "missing")")
        },
        Check(
            "reasoning.logprobs", "logprobs are those of the content", .should, complaints: [13],
            needs: [.reasoning, .logprobs], from: .logprobs, why: "tokens of the reasoning are mixed in"
        ) { evidence in
            let reply = try evidence.reply(.logprobs)
            let tokens = try require(reply.logprobs, "no logprobs")
            let bytes = tokens.flatMap {
                ($0["bytes"]?.arrayValue ?? []).compactMap { $0.intValue.flatMap(UInt8.init) }
            }
            try presuppose(!bytes.isEmpty && !reply.content.isEmpty, "no bytes, or no content")
            let text = String(decoding: bytes, as: UTF8.self)
            try require(
                text.contains(reply.content) && text.count <= reply.content.count + 16,
                "\(text.count) characters, and \(reply.content.count) of content")
        },
    ]

    private static func mentions(_ field: String, _ transcript: Transcript, _ reply: ChatReply) -> Bool {
        reply.warnings.contains { $0.serialized().contains(field) }
            || transcript.field("x-warnings")?.contains(field) == true
    }
}
