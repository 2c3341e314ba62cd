internal import JSON

extension Scenario {
    static let withoutKey = keyed("access.none", .none)
    static let wrongKey = keyed("access.wrong", .wrong)

    /// Routes that give something away or cost something.
    static let keptRoutes = [
        "/v1/models", "/v1/completions", "/v1/embeddings", "/v1/responses", "/v1/messages", "/tokenize", "/props",
        "/slots", "/api/chat", "/api/tags", "/v1/rerank", "/metrics",
    ]

    static let routesWithoutKey = Scenario(
        "access.routes",
        steps: keptRoutes.map { path in
            { subject, _ in
                let posts = ["completions", "embeddings", "responses", "messages", "tokenize", "chat", "rerank"]
                var ask = posts.contains { path.hasSuffix($0) } ? Ask.post(path, "{}") : .get(path)
                ask.key = .none
                return subject.hasKey ? [ask] : []
            }
        })

    private static func keyed(_ name: String, _ key: Ask.Key) -> Scenario {
        Scenario(
            name,
            steps: [
                { subject, _ in
                    var ask = Ask.shortChat
                    ask.key = key
                    return subject.hasKey ? [ask] : []
                }
            ])
    }
}

extension Check {
    static let access: [Check] = [
        refusedKey("access.none", "a request without a key gets 401", from: .withoutKey),
        refusedKey("access.wrong", "a request with a wrong key gets 401", from: .wrongKey),
        Check(
            "access.shape", "a 401 has an error object", .should, complaints: [50], needs: [.keys], from: .withoutKey,
            why: "AuthenticationError shows its message"
        ) { evidence in
            let message = try evidence.answer(.withoutKey).errorObject?["message"]?.stringValue
            try require(message?.isEmpty == false, "no error.message")
        },
        Check(
            "access.scheme", "a 401 has WWW-Authenticate", .should, needs: [.keys], from: .withoutKey,
            why: "RFC 9110 section 11.6.1 requires it"
        ) { evidence in
            try require(try evidence.answer(.withoutKey).field("www-authenticate") != nil, "none")
        },
        Check(
            "access.routes", "no route that matters answers without a key", .must, complaints: [49], needs: [.keys],
            from: .routesWithoutKey, why: "keys guard /v1 alone, and the rest stands open"
        ) { evidence in
            let answers = try evidence.answers(.routesWithoutKey)
            try presuppose(!answers.isEmpty, "its requests could not be made")
            for transcript in answers {
                let status = transcript.status
                try require([401, 403, 404, 405].contains(status), "\(transcript.line): status \(status)")
            }
        },
    ]

    private static func refusedKey(_ id: String, _ title: String, from scenario: Scenario) -> Check {
        Check(
            id, title, .must, complaints: [49], needs: [.keys], from: scenario, why: "it is there to be asked for"
        ) { evidence in
            let transcript = try evidence.answer(scenario)
            try require(transcript.status == 401, transcript.refusalComplaint(401...401))
        }
    }
}
