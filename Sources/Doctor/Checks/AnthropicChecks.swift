internal import JSON

extension Scenario {
    static let message = anthropic("anthropic.whole", "/v1/messages", #""temperature": 0"#)
    static let messageStream = anthropic("anthropic.stream", "/v1/messages", #""temperature": 0, "stream": true"#)
    static let thinkingStream = anthropic(
        "anthropic.thinking", "/v1/messages", #""stream": true, "thinking": {"type": "enabled", "budget_tokens": 1024}"#
    )
    static let countTokens = anthropic("anthropic.count", "/v1/messages/count_tokens", #""system": "Be brief.""#)
    static let messageRefused = anthropic("anthropic.refused", "/v1/messages", #""messages": "Hello!""#)

    static let billingHeaders = Scenario("anthropic.nonce", billed("00001"), billed("00002"))

    /// As Claude Code begins its system prompts: the last number is another one each time.
    private static func billed(_ nonce: String) -> Ask {
        let header = "x-anthropic-billing-header: cc_version=2.1.36.9a1; cc_entrypoint=cli; cch=\(nonce);"
        let rules = String(repeating: "Answer in one short sentence, and say plainly what you do not know. ", count: 20)
        return .post(
            "/v1/messages",
            #"{"messages": [\#(letterQuestion)], "max_tokens": 4, "system": [{"type": "text", "text": "\#(header)"}, "#
                + #"{"type": "text", "text": "\#(rules)"}]}"#,
            fields: [("anthropic-version", "2023-06-01")])
    }

    private static func anthropic(_ name: String, _ path: String, _ members: String) -> Scenario {
        let chat = Ask.post(
            path, #"{"messages": [\#(letterQuestion)], "max_tokens": 1536}"#,
            fields: [("anthropic-version", "2023-06-01")])
        let more = (try? JSONValue(parsing: "{\(members)}"))?.objectValue ?? [:]
        return Scenario(name, chat.with(more))
    }
}

extension Check {
    static let anthropic: [Check] = [
        Check(
            "anthropic.shape", "a message has its members", .must, needs: [.anthropic], from: .message,
            why: "typed SDKs require them"
        ) { evidence in
            let message = try evidence.object(.message)
            try require(message["type"]?.stringValue == "message", "type is not \"message\"")
            try require(message["role"]?.stringValue == "assistant", "role is not \"assistant\"")
            let texts = (message["content"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "text" }
            try require(!texts.isEmpty, "no block of text")
            let reason = message["stop_reason"]?.stringValue ?? ""
            try require(["end_turn", "max_tokens"].contains(reason), "stop_reason is \(reason)")
            try require(message["usage"]?["output_tokens"]?.intValue != nil, "no usage.output_tokens")
        },
        Check(
            "anthropic.order", "events come in Anthropic's order", .must, complaints: [59], needs: [.anthropic],
            from: .messageStream, why: "SDKs add deltas to blocks that they know"
        ) { evidence in
            let types = try events(evidence, .messageStream).map { $0["type"]?.stringValue ?? "" }.filter {
                $0 != "ping"
            }
            try require(types.first == "message_start", "the first is \(types.first ?? "missing")")
            try require(
                Array(types.suffix(2)) == ["message_delta", "message_stop"],
                "the last are \(types.suffix(2).joined(separator: ", "))")
            let opened = types.count { $0 == "content_block_start" }
            try require(opened > 0 && opened == types.count { $0 == "content_block_stop" }, "blocks are not closed")
        },
        Check(
            "anthropic.stop-reason", "the last but one tells stop_reason and usage", .must, needs: [.anthropic],
            from: .messageStream, why: "agents go by it"
        ) { evidence in
            let delta = try events(evidence, .messageStream).last { $0["type"]?.stringValue == "message_delta" }
            try require(delta?["delta"]?["stop_reason"]?.stringValue != nil, "no stop_reason")
            try require(delta?["usage"]?["output_tokens"]?.intValue != nil, "no usage.output_tokens")
        },
        Check(
            "anthropic.signature", "a block of thinking is signed", .should, complaints: [59], needs: [.anthropic],
            from: .thinkingStream, why: "clients drop thinking without a signature"
        ) { evidence in
            let events = try events(evidence, .thinkingStream)
            let kinds = events.compactMap { $0["delta"]?["type"]?.stringValue }
            try presuppose(kinds.contains("thinking_delta"), "the model did not think")
            try require(kinds.contains("signature_delta"), "no signature_delta")
        },
        Check(
            "anthropic.count", "count_tokens counts", .should, needs: [.anthropic], from: .countTokens,
            why: "Claude Code asks before it compacts"
        ) { evidence in
            try evidence.offered(.countTokens)
            try require((try evidence.object(.countTokens)["input_tokens"]?.intValue ?? 0) > 0, "no input_tokens")
        },
        Check(
            "anthropic.nonce", "a number in the billing header does not cost the cache", .extra, complaints: [38],
            needs: [.anthropic], from: .billingHeaders, .chatCached,
            why: "Claude Code's whole prompt is read anew with each request"
        ) { evidence in
            try presuppose((try evidence.reply(.chatCached, 1).cachedTokens ?? 0) > 0, "no prompt is found cached")
            let usage = try evidence.object(.billingHeaders, 1)["usage"]
            let cached = usage?["cache_read_input_tokens"]?.intValue
            try presuppose(cached != nil, "cached tokens are not told")
            try require((cached ?? 0) > 0, "no cached tokens in the second of two prompts that differ in cch alone")
        },
        Check(
            "anthropic.error", "errors have Anthropic's shape", .should, complaints: [50], needs: [.anthropic],
            from: .messageRefused, why: "SDKs show its message"
        ) { evidence in
            let json = try evidence.refusal(.messageRefused).json
            try require(json?["type"]?.stringValue == "error", "type is not \"error\"")
            try require(json?["error"]?["type"]?.stringValue != nil, "no error.type")
        },
    ]

    private static func events(_ evidence: Evidence, _ scenario: Scenario) throws -> [JSONValue] {
        try evidence.offered(scenario)
        let transcript = try evidence.answer(scenario)
        try require(transcript.status == 200, transcript.complaint)
        return transcript.eventObjects
    }
}
