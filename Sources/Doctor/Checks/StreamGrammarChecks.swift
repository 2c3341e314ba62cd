internal import JSON

extension Scenario {
    static let chatStream = Scenario(
        "stream.usage",
        .chat(
            #"{"messages": [\#(letterQuestion)], "temperature": 0, "seed": 1, "max_tokens": 512, "stream": true, "stream_options": {"include_usage": true}}"#
        ))
    static let chatStreamPlain = Scenario(
        "stream.plain",
        .chat(#"{"messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 8, "stream": true}"#))
}

extension Check {
    static let streamGrammar: [Check] = [
        Check(
            "stream.type", "a stream is text/event-stream", .must, from: .chatStream,
            why: "SDKs choose the reader by it"
        ) { evidence in
            let type = try evidence.stream(.chatStream).transcript.field("content-type") ?? "none"
            try require(type.lowercased().hasPrefix("text/event-stream"), "Content-Type: \(type)")
        },
        Check(
            "stream.no-cache", "caches and proxies are told to pass it on", .should, from: .chatStream,
            why: "a proxy that collects shows the reply in one lump"
        ) { evidence in
            let control = try evidence.stream(.chatStream).transcript.field("cache-control")?.lowercased() ?? "none"
            try require(control.contains("no-cache") || control.contains("no-store"), "Cache-Control: \(control)")
        },
        Check(
            "stream.done", "a stream ends with [DONE]", .must, from: .chatStream, .chatStreamPlain,
            why: "clients take anything else for a broken connection"
        ) { evidence in
            for scenario in [Scenario.chatStream, .chatStreamPlain] {
                try require(try evidence.stream(scenario).events.contains("[DONE]"), "no [DONE]")
            }
        },
        Check(
            "stream.done-last", "nothing follows [DONE]", .must, from: .chatStream, why: "nobody reads it"
        ) { evidence in
            let events = try evidence.stream(.chatStream).events
            guard let place = events.firstIndex(of: "[DONE]") else { throw Finding.nothingToSay("no [DONE]") }
            try require(place == events.count - 1, "\(events.count - 1 - place) events behind it")
        },
        Check(
            "stream.objects", "every event is a JSON object", .must, complaints: [46], from: .chatStream,
            why: "data: null as a sign of life breaks clients"
        ) { evidence in
            for event in try evidence.stream(.chatStream).payloads {
                let json = try? JSONValue(parsing: event)
                try require(json?.objectValue != nil, "an event is \(event.prefix(40))")
            }
        },
        Check(
            "stream.choices", "choices is an array in every chunk", .must, complaints: [46], from: .chatStream,
            why: "clients index it without looking"
        ) { evidence in
            for chunk in try evidence.stream(.chatStream).chunks {
                try require(chunk["choices"]?.arrayValue != nil, "choices is \(chunk["choices"]?.kind ?? "missing")")
            }
        },
        Check(
            "stream.object", "object is chat.completion.chunk", .must, from: .chatStream,
            why: "typed SDKs require the literal"
        ) { evidence in
            for chunk in try evidence.stream(.chatStream).chunks {
                let object = chunk["object"]?.stringValue
                try require(object == "chat.completion.chunk", "object is \(object ?? "missing")")
            }
        },
        Check(
            "stream.id", "all chunks have one id", .must, from: .chatStream, why: "clients tell streams apart by it"
        ) { evidence in
            let ids = Set(try evidence.stream(.chatStream).chunks.map { $0["id"]?.stringValue ?? "" })
            try require(ids.count == 1 && !ids.contains(""), "\(ids.count) ids")
        },
        Check(
            "stream.created", "all chunks have one created and one model", .should, from: .chatStream,
            why: "the whole reply is made of them"
        ) { evidence in
            let chunks = try evidence.stream(.chatStream).chunks
            try require(Set(chunks.map { $0["created"]?.intValue ?? -1 }).count == 1, "created changes")
            try require(Set(chunks.map { $0["model"]?.stringValue ?? "" }).count == 1, "model changes")
        },
        Check(
            "stream.role-first", "the first delta has the role", .must, from: .chatStream,
            why: "clients begin a message with it"
        ) { evidence in
            let role = try evidence.stream(.chatStream).deltas().first?["role"]?.stringValue
            try require(role == "assistant", "the first delta's role is \(role ?? "missing")")
        },
        Check(
            "stream.role-once", "no later delta has a role", .must, from: .chatStream,
            why: "OpenAI's SDK joins them: assistantassistantassistant"
        ) { evidence in
            let count = try evidence.stream(.chatStream).deltas().dropFirst().count { $0["role"]?.stringValue != nil }
            try require(count == 0, "\(count) further deltas have a role")
        },
        Check(
            "stream.finish", "one finish_reason, in the last choice", .must, complaints: [23], from: .chatStream,
            why: "clients stop at the first, or never"
        ) { evidence in
            let stream = try evidence.stream(.chatStream)
            try require(stream.finishReasons.count == 1, "\(stream.finishReasons.count) chunks have a finish_reason")
            let last = stream.choices().last?["finish_reason"]?.stringValue
            try require(["stop", "length"].contains(last), "the last choice's is \(last ?? "missing")")
        },
        Check(
            "stream.finish-empty", "the chunk that ends has an empty delta", .should, from: .chatStream,
            why: "some clients drop its text"
        ) { evidence in
            let last = try evidence.stream(.chatStream).choices().last { $0["finish_reason"]?.stringValue != nil }
            let delta = last?["delta"]?.objectValue ?? [:]
            let text = delta.contains { $0.key != "role" && $0.value.stringValue?.isEmpty == false }
            try require(!text, "it has text")
        },
        Check(
            "stream.empty-choices", "choices is empty only where usage is", .must, complaints: [46],
            from: .chatStreamPlain,
            why: "clients read choices[0]"
        ) { evidence in
            let empty = try evidence.stream(.chatStreamPlain).chunks.count {
                $0["choices"]?.arrayValue?.isEmpty == true && $0["usage"]?.objectValue == nil
            }
            try require(empty == 0, "\(empty) chunks without choices")
        },
        Check(
            "stream.usage", "include_usage gives a last chunk with usage and no choices", .must, complaints: [46],
            from: .chatStream, why: "bills of streams are made of it"
        ) { evidence in
            let stream = try evidence.stream(.chatStream)
            let last = try require(stream.chunks.last { $0["usage"]?.objectValue != nil }, "no chunk with usage")
            try require(last["choices"]?.arrayValue?.isEmpty ?? true, "its choices are not empty")
            let counts = ["prompt_tokens", "completion_tokens", "total_tokens"].compactMap {
                last["usage"]?[$0]?.intValue
            }
            try require(counts.count == 3 && counts[0] + counts[1] == counts[2], "its counts do not add up")
        },
        Check(
            "stream.usage-null", "chunks before the usage have usage: null", .should, from: .chatStream,
            why: "OpenAI's does"
        ) { evidence in
            let chunks = try evidence.stream(.chatStream).chunks.filter { $0["choices"]?.arrayValue?.isEmpty == false }
            try require(chunks.allSatisfy { $0["usage"]?.isNull == true }, "usage is missing or told early")
        },
        Check(
            "stream.usage-unasked", "no usage unasked", .should, from: .chatStreamPlain,
            why: "clients add up what they did not ask for"
        ) { evidence in
            let has = try evidence.stream(.chatStreamPlain).chunks.contains { $0["usage"]?.objectValue != nil }
            try require(!has, "a chunk has usage")
        },
        Check(
            "stream.index", "every choice has its index", .must, from: .chatStream,
            why: "SDKs put choices together by it"
        ) { evidence in
            for choice in try evidence.stream(.chatStream).choices() {
                try require(choice["index"]?.intValue == 0, "an index is \(choice["index"]?.serialized() ?? "missing")")
            }
        },
        Check(
            "stream.empty-deltas", "no empty deltas between", .should, from: .chatStream,
            why: "each is an event, a parse and a redraw for nothing"
        ) { evidence in
            let choices = try evidence.stream(.chatStream).choices().dropFirst()
            let empty = choices.count { choice in
                choice["finish_reason"]?.stringValue == nil
                    && (choice["delta"]?.objectValue ?? [:]).allSatisfy {
                        $0.value.isNull || $0.value.stringValue?.isEmpty == true || $0.key == "role"
                    }
            }
            try require(empty == 0, "\(empty) of \(choices.count)")
        },
    ]
}
