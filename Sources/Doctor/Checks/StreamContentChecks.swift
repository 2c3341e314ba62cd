internal import JSON

extension Scenario {
    static let streamUnicode = Scenario(
        "stream.unicode",
        .chat(
            #"{"messages": [{"role": "user", "content": "请重复：你好，世界！🌍👩‍👩‍👧 żółć"}], "temperature": 0, "max_tokens": 96, "stream": true}"#
        ))
    static let streamTwo = Scenario(
        "stream.two",
        .chat(
            #"{"messages": [{"role": "user", "content": "Hello!"}], "n": 2, "max_tokens": 8, "stream": true}"#))
    static let streamRefused = Scenario("stream.refused", .chat(#"{"messages": [], "stream": true}"#))
    static let streamLogprobs = Scenario(
        "stream.logprobs",
        .chat(
            #"{"messages": [{"role": "user", "content": "Hello!"}], "temperature": 0, "max_tokens": 64, "logprobs": true, "top_logprobs": 2, "stream": true}"#
        ))
    static let streamOneToken = Scenario(
        "stream.one-token",
        .chat(#"{"messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 1, "stream": true}"#))
}

extension Check {
    static let streamContent: [Check] = [
        Check(
            "stream.equals-whole", "a stream has the text of the whole reply", .must, complaints: [4, 21],
            from: .chatStream, .chatWhole, why: "two parsers, two answers"
        ) { evidence in
            let (stream, whole) = (try evidence.stream(.chatStream), try evidence.reply(.chatWhole))
            try require(stream.content == whole.content, difference(stream.content, whole.content))
        },
        Check(
            "stream.reasoning-equals-whole", "a stream has the reasoning of the whole reply", .must,
            complaints: [4, 21], needs: [.reasoning],
            from: .chatStream, .chatWhole, why: "the last tokens of thinking get lost in streams"
        ) { evidence in
            let (stream, whole) = (try evidence.stream(.chatStream), try evidence.reply(.chatWhole))
            try require(stream.reasoning == whole.reasoning, difference(stream.reasoning, whole.reasoning))
        },
        Check(
            "stream.usage-equals-whole", "a stream counts the prompt tokens of the whole reply", .must,
            from: .chatStream, .chatWhole,
            why: "bills must not depend on the form"
        ) { evidence in
            let stream = try evidence.stream(.chatStream).usage
            try presuppose(stream != nil, "no usage in the stream")
            let counts = (stream?["prompt_tokens"]?.intValue, try evidence.reply(.chatWhole).promptTokens)
            try require(counts.0 == counts.1, "\(counts.0 ?? -1) and \(counts.1 ?? -1)")
        },
        Check(
            "stream.reasoning-first", "all reasoning comes before the content", .must, complaints: [4],
            needs: [.reasoning], from: .chatStream, why: "clients close the thinking panel at the first word"
        ) { evidence in
            let deltas = try evidence.stream(.chatStream).deltas()
            let content = deltas.firstIndex { $0["content"]?.stringValue?.isEmpty == false } ?? deltas.count
            let late = deltas.dropFirst(content + 1).count { isReasoning($0) }
            try require(late == 0, "\(late) deltas of reasoning behind it")
        },
        Check(
            "stream.one-kind", "no delta has both", .must, needs: [.reasoning], from: .chatStream,
            why: "clients read one or the other"
        ) { evidence in
            let both = try evidence.stream(.chatStream).deltas().count {
                isReasoning($0) && $0["content"]?.stringValue?.isEmpty == false
            }
            try require(both == 0, "\(both) deltas")
        },
        Check(
            "stream.pieces", "text comes in pieces", .must, complaints: [29, 45], from: .chatStream,
            why: "a reply in one lump is none that streams"
        ) { evidence in
            let stream = try evidence.stream(.chatStream)
            let count = stream.textPieceCount
            try presuppose(stream.content.count + stream.reasoning.count > 40, "the reply is too short to tell")
            try require(count > 1, "one piece of \(stream.content.count + stream.reasoning.count) characters")
        },
        Check(
            "stream.unbuffered", "events leave as they are made", .should, complaints: [45], from: .chatStream,
            why: "proxies and clients give up on silence"
        ) { evidence in
            let times = try evidence.stream(.chatStream).transcript.pieceTimes
            try require(times.count > 1, "the whole stream came at once")
        },
        Check(
            "stream.utf8", "no event cuts a character", .must, complaints: [47], from: .streamUnicode,
            why: "Chinese and emoji come out as question marks"
        ) { evidence in
            let transcript = try evidence.stream(.streamUnicode).transcript
            for data in transcript.eventData {
                try require(String(validating: data, as: UTF8.self) != nil, "an event is no UTF-8")
            }
        },
        Check(
            "stream.surrogates", "no event has half of a character escaped", .must, complaints: [47],
            from: .streamUnicode,
            why: "half of an emoji is no JSON string"
        ) { evidence in
            for event in try evidence.stream(.streamUnicode).payloads where event.contains("\\ud") {
                try require((try? JSONValue(parsing: event)) != nil, "an unpaired surrogate")
            }
        },
        Check(
            "stream.two", "two choices are told apart by index", .should, from: .streamTwo, why: "n is OpenAI's"
        ) { evidence in
            try evidence.offered(.streamTwo)
            let stream = try evidence.stream(.streamTwo)
            for index in 0...1 {
                let choices = stream.choices(index)
                try require(choices.first?["delta"]?["role"] != nil, "choice \(index) has no role")
                let ends = choices.count { $0["finish_reason"]?.stringValue != nil }
                try require(ends == 1, "choice \(index) ends \(ends) times")
            }
        },
        Check(
            "stream.refused", "what is wrong with the request is told by the status", .must, from: .streamRefused,
            why: "clients that see 200 wait for a stream"
        ) { evidence in
            try evidence.refusal(.streamRefused)
        },
        Check(
            "stream.logprobs", "logprobs come with the tokens", .should, needs: [.logprobs], from: .streamLogprobs,
            why: "they say how sure each word is"
        ) { evidence in
            let stream = try evidence.stream(.streamLogprobs)
            try presuppose(!stream.content.isEmpty, "the reply has no content")
            let tokens = stream.choices(0).flatMap { $0["logprobs"]?["content"]?.arrayValue ?? [] }
            try require(!tokens.isEmpty, "content without logprobs")
        },
        Check(
            "stream.one-token", "a reply of one token is a whole stream", .must, from: .streamOneToken,
            why: "short streams lose their end"
        ) { evidence in
            let stream = try evidence.stream(.streamOneToken)
            try require(stream.finishReasons.count == 1, "no finish_reason")
            try require(stream.events.last == "[DONE]", "no [DONE]")
        },
    ]

    private static func isReasoning(_ delta: JSONValue) -> Bool {
        ["reasoning_content", "reasoning"].contains { delta[$0]?.stringValue?.isEmpty == false }
    }

    /// Where two texts part.
    static func difference(_ left: String, _ right: String) -> String {
        let common = zip(left, right).prefix { $0 == $1 }.count
        return "they part behind \(common) characters: \(left.dropFirst(common).prefix(20).debugDescription) and "
            + right.dropFirst(common).prefix(20).debugDescription
    }
}
