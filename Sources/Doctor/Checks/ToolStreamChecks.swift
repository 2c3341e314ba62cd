internal import JSON

extension Scenario {
    static let toolsStream = tools("tools.stream", #""tool_choice": "required", "stream": true"#)
}

extension Check {
    static let toolStreams: [Check] = [
        Check(
            "tools.stream-index", "streamed calls have indexes from 0 on", .must, complaints: [22], needs: [.tools],
            from: .toolsStream, why: "two calls with one index become one"
        ) { evidence in
            let pieces = try stream(evidence).callPieces
            try require(pieces.allSatisfy { $0["index"]?.intValue != nil }, "a piece without an index")
            let indexes = Set(pieces.compactMap { $0["index"]?.intValue })
            try require(indexes == Set(0..<indexes.count), "indexes \(indexes.sorted())")
        },
        Check(
            "tools.stream-begin", "the first piece of a call has id, type and name", .must, complaints: [22],
            needs: [.tools], from: .toolsStream, why: "clients begin the call with it"
        ) { evidence in
            for pieces in try stream(evidence).calls.values {
                let first = pieces[0]
                try require(first["id"]?.stringValue?.isEmpty == false, "no id")
                try require(first["type"]?.stringValue == "function", "no type")
                try require(first["function"]?["name"]?.stringValue?.isEmpty == false, "no name")
            }
        },
        Check(
            "tools.stream-id-once", "no later piece of a call has an id", .must, complaints: [22], needs: [.tools],
            from: .toolsStream,
            why: "OpenAI's SDK joins them: call_a1call_a1"
        ) { evidence in
            for pieces in try stream(evidence).calls.values {
                let count = pieces.dropFirst().count { $0["id"]?.stringValue?.isEmpty == false }
                try require(count == 0, "\(count) further pieces")
            }
        },
        Check(
            "tools.stream-name-once", "no later piece of a call has a name", .must, complaints: [22], needs: [.tools],
            from: .toolsStream,
            why: "get_timeget_time"
        ) { evidence in
            for pieces in try stream(evidence).calls.values {
                let count = pieces.dropFirst().count { $0["function"]?["name"]?.stringValue?.isEmpty == false }
                try require(count == 0, "\(count) further pieces")
            }
        },
        Check(
            "tools.stream-arguments", "arguments are strings from the first piece on", .must, needs: [.tools],
            from: .toolsStream, why: "Qwen-Agent adds to null"
        ) { evidence in
            for piece in try stream(evidence).callPieces {
                let arguments = piece["function"]?["arguments"]
                try require(arguments?.stringValue != nil, "arguments are \(arguments?.kind ?? "missing")")
            }
        },
        Check(
            "tools.stream-json", "streamed arguments are JSON together", .must, complaints: [17], needs: [.tools],
            from: .toolsStream,
            why: "braces get lost or doubled"
        ) { evidence in
            let stream = try stream(evidence)
            try presuppose(stream.finishReasons.last != "length", "the reply was cut by max_tokens")
            try presuppose(stream.callPieces.allSatisfy { $0["index"]?.intValue != nil }, "pieces without an index")
            for index in stream.calls.keys {
                let text = stream.arguments(of: index)
                try require((try? JSONValue(parsing: text))?.objectValue != nil, "arguments are \(text.prefix(60))")
            }
        },
        Check(
            "tools.stream-equals-whole", "a stream has the calls of the whole reply", .must, complaints: [21],
            needs: [.tools],
            from: .toolsStream, .toolsRequired, why: "two parsers, two answers"
        ) { evidence in
            let stream = try stream(evidence)
            let streamed = stream.calls.keys.sorted().map { index in
                let name = stream.calls[index]?.first?["function"]?["name"]?.stringValue ?? ""
                return "\(name)(\(normalized(stream.arguments(of: index))))"
            }
            let arguments = stream.calls.keys.map { stream.arguments(of: $0) }
            try presuppose(arguments.allSatisfy { (try? JSONValue(parsing: $0)) != nil }, "arguments are no JSON")
            let calls = try evidence.offeredReply(.toolsRequired).toolCalls
            try presuppose(!calls.isEmpty, "no call in the whole reply")
            let whole = calls.map { call in
                let function = call["function"]
                let text = function?["arguments"]?.stringValue ?? ""
                return "\(function?["name"]?.stringValue ?? "")(\(normalized(text)))"
            }
            try require(
                streamed == whole, "\(streamed.joined(separator: ", ")) and \(whole.joined(separator: ", "))")
        },
        Check(
            "tools.stream-finish", "a stream's finish_reason is tool_calls", .must, complaints: [23], needs: [.tools],
            from: .toolsStream, why: "agents go by it"
        ) { evidence in
            let reasons = try stream(evidence).finishReasons
            try require(
                reasons == ["tool_calls"] || reasons == ["length"],
                "finish_reason is \(reasons.joined(separator: ", "))")
        },
        Check(
            "tools.stream-pieces", "arguments come in pieces", .should, complaints: [29], needs: [.tools],
            from: .toolsStream, why: "long arguments are long silence"
        ) { evidence in
            let stream = try stream(evidence)
            let pieces = stream.callPieces.count { $0["function"]?["arguments"]?.stringValue?.isEmpty == false }
            try require(pieces > stream.calls.count, "\(pieces) for \(stream.calls.count) calls")
        },
        Check(
            "tools.stream-markup", "no markup of calls in the content", .must, complaints: [18], needs: [.tools],
            from: .toolsStream, why: "users would read <tool_call>"
        ) { evidence in
            try requireNoCalls(in: try stream(evidence).content)
        },
    ]

    /// The stream with a required call.
    private static func stream(_ evidence: Evidence) throws -> ChatStream {
        try evidence.offered(.toolsStream)
        let stream = try evidence.stream(.toolsStream)
        try presuppose(!stream.callPieces.isEmpty, "no call")
        return stream
    }

    /// JSON without the white space that does not matter; other text as it is.
    private static func normalized(_ text: String) -> String {
        (try? JSONValue(parsing: text))?.serialized() ?? text
    }
}
