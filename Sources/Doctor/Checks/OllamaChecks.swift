internal import JSON

extension Scenario {
    static let ollamaChat = ollama("ollama.stream", "")
    static let ollamaWhole = ollama("ollama.whole", #", "stream": false"#)
    static let ollamaTags = Scenario("ollama.tags", .get("/api/tags"), .get("/api/version"))
    static let ollamaUnknown = Scenario(
        "ollama.unknown", .post("/api/chat", #"{"model": "no-such-model", "messages": [\#(letterQuestion)]}"#))

    private static func ollama(_ name: String, _ members: String) -> Scenario {
        Scenario(
            name,
            .post(
                "/api/chat",
                #"{"messages": [\#(letterQuestion)], "options": {"temperature": 0, "num_predict": 512}\#(members)}"#))
    }
}

extension Check {
    static let ollama: [Check] = [
        Check(
            "ollama.lines", "a stream is one object a line, the last one done", .must, needs: [.ollama],
            from: .ollamaChat, why: "Ollama's clients read lines until done"
        ) { evidence in
            let lines = try lines(evidence)
            try require(lines.count > 1, "\(lines.count) lines")
            try require(lines.last?["done"]?.boolValue == true, "the last one is not done")
            try require(lines.dropLast().allSatisfy { $0["done"]?.boolValue == false }, "an earlier one is done")
        },
        Check(
            "ollama.message", "each line has model, created_at and the assistant's message", .must, needs: [.ollama],
            from: .ollamaChat, why: "typed clients require them"
        ) { evidence in
            for line in try lines(evidence) {
                try require(line["model"]?.stringValue != nil, "no model")
                try require(line["created_at"]?.stringValue != nil, "no created_at")
                try require(line["message"]?["role"]?.stringValue == "assistant", "no message of the assistant")
            }
        },
        Check(
            "ollama.counts", "the last one has counts and durations", .must, needs: [.ollama], from: .ollamaChat,
            why: "clients show tokens a second"
        ) { evidence in
            let last = try lines(evidence).last
            for key in ["prompt_eval_count", "eval_count", "total_duration", "eval_duration"] {
                try require(last?[key]?.intValue != nil, "no \(key)")
            }
        },
        Check(
            "ollama.stream-equals-whole", "lines are the text of the whole reply", .must, complaints: [21],
            needs: [.ollama], from: .ollamaChat, .ollamaWhole, why: "two code paths, two answers"
        ) { evidence in
            let streamed = try lines(evidence).compactMap { $0["message"]?["content"]?.stringValue }.joined()
            let whole = try evidence.object(.ollamaWhole)["message"]?["content"]?.stringValue ?? ""
            try require(streamed == whole, difference(streamed, whole))
        },
        Check(
            "ollama.thinking", "thinking is apart from the content", .must, complaints: [3], needs: [.ollama],
            from: .ollamaWhole, why: "users would read the tags"
        ) { evidence in
            try requireNoTags(try evidence.object(.ollamaWhole)["message"]?["content"]?.stringValue ?? "")
        },
        Check(
            "ollama.tags", "tags lists models, version tells one", .must, needs: [.ollama], from: .ollamaTags,
            why: "clients look there whether an Ollama is there"
        ) { evidence in
            try require(try evidence.object(.ollamaTags, 0)["models"]?[0]?["name"]?.stringValue != nil, "no models")
            try require(try evidence.object(.ollamaTags, 1)["version"]?.stringValue != nil, "no version")
        },
        Check(
            "ollama.unknown", "an unknown model is a 404 with a text as error", .should, needs: [.ollama],
            from: .ollamaUnknown, why: "clients pull it then"
        ) { evidence in
            let transcript = try evidence.refusal(.ollamaUnknown, statuses: 404...404)
            try require(transcript.json?["error"]?.stringValue != nil, "error is no text")
        },
    ]

    private static func lines(_ evidence: Evidence) throws -> [JSONValue] {
        let transcript = try evidence.answer(.ollamaChat)
        try require(transcript.status == 200, transcript.complaint)
        return transcript.lines
    }
}
