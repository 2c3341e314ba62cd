internal import JSON

extension Scenario {
    static let badJSON = Scenario("errors.bad-json", .chat(#"{"messages": ["#))
    static let emptyBody = Scenario("errors.empty-body", .chat(""))
    static let arrayBody = Scenario("errors.array-body", .chat("[1, 2]"))
    static let noMessages = Scenario("errors.no-messages", .chat(#"{"max_tokens": 4}"#))
    static let emptyMessages = Scenario("errors.empty-messages", .chat(#"{"messages": [], "max_tokens": 4}"#))
    static let messagesText = Scenario("errors.messages-text", .chat(#"{"messages": "Hello!", "max_tokens": 4}"#))
    static let unknownRole = Scenario(
        "errors.role", .chat(#"{"messages": [{"role": "wizard", "content": "Hello!"}], "max_tokens": 4}"#))
    static let contentNumber = Scenario(
        "errors.content", .chat(#"{"messages": [{"role": "user", "content": 5}], "max_tokens": 4}"#))
    static let imagePart = Scenario(
        "errors.image",
        .chat(
            #"{"messages": [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}]}], "max_tokens": 4}"#
        ))
    static let unknownPart = Scenario(
        "errors.part",
        .chat(#"{"messages": [{"role": "user", "content": [{"type": "hologram", "hologram": 1}]}], "max_tokens": 4}"#))
    static let otherModel = Scenario("errors.model", .shortChat.with(["model": "no-such-model"]))
    static let deepJSON = Scenario(
        "errors.deep-json",
        .chat(
            #"{"messages": \#(String(repeating: "[", count: 50_000))\#(String(repeating: "]", count: 50_000))}"#))
    static let loneSurrogate = Scenario(
        "errors.surrogate", .chat(#"{"messages": [{"role": "user", "content": "a \ud800 b"}], "max_tokens": 4}"#))
    static let brokenUTF8 = Scenario(
        "errors.utf8",
        Ask(
            method: "POST", path: "/v1/chat/completions",
            body: .bytes(
                Array(#"{"messages": [{"role": "user", "content": ""#.utf8) + [0xC3, 0x28, 0xFF]
                    + Array(#""}], "max_tokens": 4}"#.utf8))))
    static let tooLong = Scenario(
        "errors.too-long",
        steps: [
            { subject, _ in
                guard let length = subject.contextLength, length <= 300_000 else { return [] }
                let words = String(repeating: "hello ", count: length + 16)
                return [.chat(#"{"messages": [{"role": "user", "content": "\#(words)"}], "max_tokens": 4}"#)]
            }
        ])
    static let aliveAfterErrors = Scenario("errors.alive", isAlone: true, steps: [{ _, _ in [.shortChat] }])
}

extension Check {
    static let errors: [Check] = [
        Check(
            "errors.shape", "an error has message, type, param and code", .must, complaints: [50], from: .badJSON,
            why: "SDKs read all four; the rest shows None"
        ) { evidence in
            let error = try require(try badJSON(evidence).errorObject, "no object error")
            try require(error["message"]?.stringValue?.isEmpty == false, "no message")
            try require(error["type"]?.stringValue?.isEmpty == false, "no type")
        },
        Check(
            "errors.members", "param and code are there, be it as null", .should, complaints: [50], from: .badJSON,
            why: "OpenAI's are"
        ) { evidence in
            guard let error = try badJSON(evidence).errorObject else {
                throw Finding.nothingToSay("no object error")
            }
            try require(error.contains(key: "param") && error.contains(key: "code"), "they are not")
        },
        Check(
            "errors.code", "code is a text or null", .should, complaints: [50], from: .badJSON,
            why: "clients compare it with texts"
        ) { evidence in
            let code = try badJSON(evidence).errorObject?["code"] ?? .null
            try require(code.isNull || code.stringValue != nil, "code is \(code.serialized())")
        },
        Check(
            "errors.json-type", "errors are JSON and say so", .must, complaints: [50], from: .badJSON,
            why: "SDKs show raw text otherwise"
        ) { evidence in
            let type = try badJSON(evidence).field("content-type") ?? "none"
            try require(type.lowercased().hasPrefix("application/json"), "Content-Type: \(type)")
        },
        Check(
            "errors.no-insides", "messages tell nothing of the server's inside", .should, from: .badJSON, .messagesText,
            why: "paths and traces help attackers alone"
        ) { evidence in
            for scenario in [Scenario.badJSON, .messagesText] {
                let text = try evidence.answer(scenario).text
                for mark in ["Traceback", ".py\\\"", ".cpp:", "site-packages", "/usr/"] {
                    try require(!text.contains(mark), "\(mark) in a message")
                }
            }
        },
        refused400("errors.bad-json", "JSON that is none", .must, from: .badJSON),
        refused400("errors.empty-body", "an empty body", .must, from: .emptyBody),
        refused400("errors.array-body", "an array for a body", .must, from: .arrayBody),
        refused400("errors.no-messages", "a chat without messages", .must, from: .noMessages),
        refused400("errors.empty-messages", "an empty list of messages", .should, from: .emptyMessages),
        refused400("errors.messages-text", "messages that are a text", .must, from: .messagesText),
        refused400("errors.role", "an unknown role", .should, from: .unknownRole),
        refused400("errors.content", "a content that is a number", .must, from: .contentNumber),
        refused400("errors.part", "an unknown kind of part", .should, from: .unknownPart),
        Check(
            "errors.image", "an image is seen or refused", .should, from: .imagePart,
            why: "a model that did not get it describes it all the same"
        ) { evidence in
            let transcript = try evidence.answer(.imagePart)
            let blind = transcript.status == 200 && (transcript.json?["usage"]?["prompt_tokens"]?.intValue ?? 0) < 40
            try require(transcript.status < 500 && !blind, "status \(transcript.status)")
        },
        Check(
            "errors.model", "an unknown model is a 404", .should, from: .otherModel,
            why: "another model answers in its name"
        ) { evidence in
            let transcript = try evidence.answer(.otherModel)
            try require(transcript.status == 404, transcript.refusalComplaint(404...404))
        },
        Check(
            "errors.model-code", "an unknown model has the code model_not_found", .should, complaints: [50],
            from: .otherModel,
            why: "clients offer another model then"
        ) { evidence in
            let transcript = try evidence.answer(.otherModel)
            try presuppose(transcript.status == 404, "no 404")
            let code = transcript.errorObject?["code"]?.stringValue
            try require(code == "model_not_found", "code is \(code ?? "missing")")
        },
        Check(
            "errors.too-long", "a prompt beyond the context is refused", .must, complaints: [40], from: .tooLong,
            why: "it is cut in silence, and the model forgets the beginning"
        ) { evidence in
            try evidence.refusal(.tooLong)
        },
        Check(
            "errors.too-long-code", "a prompt beyond the context has the code context_length_exceeded", .should,
            complaints: [40, 50],
            from: .tooLong,
            why: "agents shorten their history then"
        ) { evidence in
            let error = try tooLong(evidence)
            try require(
                error?["code"]?.stringValue == "context_length_exceeded",
                "code is \(error?["code"]?.serialized() ?? "missing")")
        },
        Check(
            "errors.too-long-numbers", "a prompt beyond the context is told both numbers", .should, complaints: [40],
            from: .tooLong,
            why: "how much too long it is"
        ) { evidence in
            let message = try tooLong(evidence)?["message"]?.stringValue ?? ""
            let numbers = message.split { !$0.isNumber }.compactMap { Int($0) }
            try require(
                numbers.count >= 2 && numbers.contains(evidence.subject.contextLength ?? 0),
                message.prefix(80).description)
        },
        survived("errors.deep-json", "JSON nested 50,000 deep", from: .deepJSON),
        survived("errors.surrogate", "half of a surrogate pair", from: .loneSurrogate),
        survived("errors.utf8", "bytes that are no UTF-8", from: .brokenUTF8),
        Check(
            "errors.alive", "the server answers after all of that", .must, complaints: [27, 51],
            from: .aliveAfterErrors,
            why: "one bad request ends everybody's"
        ) { evidence in
            _ = try evidence.reply(.aliveAfterErrors)
        },
    ]

    /// An error, whatever its status: that is for another check.
    private static func badJSON(_ evidence: Evidence) throws -> Transcript {
        let transcript = try evidence.answer(.badJSON)
        try presuppose(transcript.status >= 400, "no error: status \(transcript.status)")
        return transcript
    }

    /// What a prompt beyond the context is refused with; nothing to say where it is not.
    private static func tooLong(_ evidence: Evidence) throws -> JSONObject? {
        let transcript = try evidence.answer(.tooLong)
        try presuppose(400...499 ~= transcript.status, "it is not refused")
        return transcript.errorObject
    }

    private static func refused400(_ id: String, _ what: String, _ level: Level, from scenario: Scenario) -> Check {
        Check(
            id, "\(what): 400", level, complaints: [50], from: scenario, why: "SDKs retry a 500, and users a 200"
        ) { evidence in
            let transcript = try evidence.answer(scenario)
            try require(
                transcript.status == 400 || transcript.status == 422, transcript.refusalComplaint(400...400))
        }
    }

    private static func survived(_ id: String, _ what: String, from scenario: Scenario) -> Check {
        Check(
            id, "\(what): no 500", .must, complaints: [27], from: scenario, why: "parsers recurse, tokenizers throw"
        ) { evidence in
            let transcript = try evidence.answer(scenario)
            try require(200...499 ~= transcript.status, transcript.complaint)
        }
    }
}
