internal import JSON

extension Scenario {
    static let completion = text("completions.whole", #""prompt": "Once upon a time", "temperature": 0"#)
    static let completionStream = text(
        "completions.stream",
        #""prompt": "Once upon a time", "temperature": 0, "stream": true, "stream_options": {"include_usage": true}"#)
    static let completionPrompts = text("completions.prompts", #""prompt": ["One, two,", "A, B,"]"#)
    static let completionLogprobs = text(
        "completions.logprobs", #""prompt": "Once upon a time", "temperature": 0, "logprobs": 2"#)
    static let completionRefused = text("completions.refused", #""prompt": {"a": 1}"#)

    private static func text(_ name: String, _ members: String) -> Scenario {
        Scenario(name, .post("/v1/completions", "{\(members), \"max_tokens\": 6}"))
    }
}

extension Check {
    static let completions: [Check] = [
        Check(
            "completions.shape", "object is text_completion, choices have text", .must, needs: [.completions],
            from: .completion, why: "typed SDKs require them"
        ) { evidence in
            let object = try evidence.object(.completion)
            try require(
                object["object"]?.stringValue == "text_completion",
                "object is \(object["object"]?.serialized() ?? "missing")")
            let choice = object["choices"]?[0]
            try require(choice?["text"]?.stringValue != nil, "no text")
            try require(choice?["index"]?.intValue == 0, "no index")
            let reason = choice?["finish_reason"]?.stringValue
            try require(["stop", "length"].contains(reason), "finish_reason is \(reason ?? "missing")")
        },
        Check(
            "completions.usage", "a completion's usage adds up", .must, needs: [.completions],
            from: .completion,
            why: "limits and bills are made of it"
        ) { evidence in
            let usage = try evidence.object(.completion)["usage"]
            let counts = ["prompt_tokens", "completion_tokens", "total_tokens"].compactMap { usage?[$0]?.intValue }
            try require(counts.count == 3 && counts[0] + counts[1] == counts[2], "the counts do not add up")
            try require(counts[1] <= 6, "\(counts[1]) completion_tokens with max_tokens 6")
        },
        Check(
            "completions.stream", "a stream is the same object and ends with [DONE]", .must, needs: [.completions],
            from: .completionStream, why: "SDKs read it like the whole"
        ) { evidence in
            let stream = try evidence.stream(.completionStream)
            try require(stream.events.last == "[DONE]", "no [DONE]")
            for chunk in stream.chunks {
                try require(
                    chunk["object"]?.stringValue == "text_completion",
                    "object is \(chunk["object"]?.serialized() ?? "missing")")
            }
        },
        Check(
            "completions.stream-equals-whole", "a stream has the text of the whole completion", .must, complaints: [21],
            needs: [.completions],
            from: .completionStream, .completion, why: "two code paths, two answers"
        ) { evidence in
            let streamed = try evidence.stream(.completionStream).choices(0).compactMap { $0["text"]?.stringValue }
                .joined()
            let whole = try evidence.object(.completion)["choices"]?[0]?["text"]?.stringValue ?? ""
            try require(streamed == whole, difference(streamed, whole))
        },
        Check(
            "completions.prompts", "two prompts give two choices", .should, needs: [.completions],
            from: .completionPrompts, why: "evaluations send many at once"
        ) { evidence in
            try evidence.offered(.completionPrompts)
            let choices = try evidence.object(.completionPrompts)["choices"]?.arrayValue ?? []
            try require(choices.count == 2, "\(choices.count) choices")
            try require(Set(choices.compactMap { $0["index"]?.intValue }) == [0, 1], "indexes are not 0 and 1")
        },
        Check(
            "completions.logprobs", "logprobs are lists of one length", .should, needs: [.completions],
            from: .completionLogprobs, why: "evaluations go by them"
        ) { evidence in
            try evidence.offered(.completionLogprobs)
            let logprobs = try evidence.object(.completionLogprobs)["choices"]?[0]?["logprobs"]
            let counts = ["tokens", "token_logprobs", "top_logprobs", "text_offset"].map {
                logprobs?[$0]?.arrayValue?.count
            }
            try require(
                counts[0].map { $0 > 0 } ?? false && Set(counts).count == 1,
                "tokens, token_logprobs, top_logprobs, text_offset differ or lack")
        },
        Check(
            "completions.refused", "a prompt that is an object is refused", .must, complaints: [50],
            needs: [.completions],
            from: .completionRefused, why: "a 500 is tried again"
        ) { evidence in
            try evidence.refusal(.completionRefused)
        },
    ]
}
