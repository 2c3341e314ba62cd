internal import JSON

extension Scenario {
    static let response = responses("responses.whole", #""temperature": 0"#)
    static let responseStream = responses("responses.stream", #""temperature": 0, "stream": true"#)
    static let responseUnknownPrevious = responses(
        "responses.previous", #""previous_response_id": "resp_no_such_response""#)
    static let responseRefused = Scenario("responses.refused", .post("/v1/responses", #"{"input": 5}"#))

    private static func responses(_ name: String, _ members: String) -> Scenario {
        Scenario(
            name,
            .post(
                "/v1/responses",
                #"{"input": "How many r's in strawberries?", "max_output_tokens": 512, "store": false, \#(members)}"#))
    }
}

extension Check {
    static let responses: [Check] = [
        Check(
            "responses.shape", "a response has id, status, output and usage", .must, complaints: [58],
            needs: [.responses], from: .response, why: "typed SDKs require them"
        ) { evidence in
            let response = try evidence.object(.response)
            try require(response["object"]?.stringValue == "response", "object is not \"response\"")
            try require(response["id"]?.stringValue?.isEmpty == false, "no id")
            let status = response["status"]?.stringValue ?? ""
            try require(["completed", "incomplete"].contains(status), "status is \(status)")
            try require((response["usage"]?["output_tokens"]?.intValue ?? 0) > 0, "no usage.output_tokens")
        },
        Check(
            "responses.message", "the output has a message with output_text", .must, needs: [.responses],
            from: .response, why: "output_text of the SDK is made of it"
        ) { evidence in
            try require(!text(of: try evidence.object(.response)).isEmpty, "no output_text")
        },
        Check(
            "responses.sequence", "streamed events are numbered from 0 on", .must, complaints: [58],
            needs: [.responses],
            from: .responseStream, why: "typed clients require sequence_number"
        ) { evidence in
            let numbers = try events(evidence).map { $0["sequence_number"]?.intValue }
            try require(numbers == Array(0..<numbers.count), "they are not")
        },
        Check(
            "responses.begin", "response.created is the first, the end is the last", .must, complaints: [58],
            needs: [.responses], from: .responseStream, why: "clients wait for response.completed"
        ) { evidence in
            let types = try events(evidence).map { $0["type"]?.stringValue ?? "" }
            try require(types.first == "response.created", "the first is \(types.first ?? "missing")")
            try require(
                ["response.completed", "response.incomplete"].contains(types.last),
                "the last is \(types.last ?? "missing")")
        },
        Check(
            "responses.parts", "text comes between its item's and part's beginning and end", .must, complaints: [58],
            needs: [.responses], from: .responseStream, why: "SDKs add deltas to parts that they know"
        ) { evidence in
            let types = try events(evidence).map { $0["type"]?.stringValue ?? "" }
            let order = [
                "response.content_part.added", "response.output_text.delta", "response.output_text.done",
                "response.content_part.done",
            ]
            let places = order.map { types.firstIndex(of: $0) }
            for (name, place) in zip(order, places) { try require(place != nil, "no \(name)") }
            let found = places.compactMap(\.self)
            try require(found == found.sorted(), "out of order")
        },
        Check(
            "responses.ids", "items have the same ids in the stream and at its end", .must, complaints: [58],
            needs: [.responses], from: .responseStream, why: "clients cannot match what they have"
        ) { evidence in
            let events = try events(evidence)
            let added = events.filter { $0["type"]?.stringValue == "response.output_item.added" }
                .compactMap { $0["item"]?["id"]?.stringValue }
            let final = (events.last?["response"]?["output"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
            try require(
                !added.isEmpty && added == final,
                "\(added.joined(separator: ", ")) and \(final.joined(separator: ", "))")
        },
        Check(
            "responses.stream-equals-whole", "deltas are the text of the whole response", .must, complaints: [21],
            needs: [.responses], from: .responseStream, .response, why: "two code paths, two answers"
        ) { evidence in
            let streamed = try events(evidence).filter { $0["type"]?.stringValue == "response.output_text.delta" }
                .compactMap { $0["delta"]?.stringValue }.joined()
            let whole = text(of: try evidence.object(.response))
            try require(streamed == whole, difference(streamed, whole))
        },
        Check(
            "responses.previous", "an unknown previous_response_id is refused", .should, needs: [.responses],
            from: .responseUnknownPrevious, why: "the model would answer without the conversation"
        ) { evidence in
            try evidence.refusal(.responseUnknownPrevious)
        },
        Check(
            "responses.refused", "an input that is a number is refused", .must, complaints: [50], needs: [.responses],
            from: .responseRefused, why: "a 500 is tried again"
        ) { evidence in
            try evidence.refusal(.responseRefused)
        },
    ]

    private static func events(_ evidence: Evidence) throws -> [JSONValue] {
        let transcript = try evidence.answer(.responseStream)
        try require(transcript.status == 200, transcript.complaint)
        return transcript.eventObjects
    }

    private static func text(of response: JSONValue) -> String {
        (response["output"]?.arrayValue ?? []).filter { $0["type"]?.stringValue == "message" }
            .flatMap { $0["content"]?.arrayValue ?? [] }.compactMap { $0["text"]?.stringValue }.joined()
    }
}
