internal import JSON

extension Scenario {
    static let modelsTwice = Scenario("transport.models-twice", .get("/v1/models"), .get("/v1/models"))
    static let modelsHead = Scenario(
        "transport.head", Ask(method: "HEAD", path: "/v1/models", body: .none), .get("/v1/models"))
    static let modelsQuery = Scenario("transport.query", .get("/v1/models?api-version=2025-01-01"))
    static let unknownRoute = Scenario("transport.unknown-route", .get("/v1/no-such-route"))
    static let wrongMethod = Scenario("transport.wrong-method", .get("/v1/chat/completions"))
    static let hangingUp = Scenario(
        "transport.close", .get("/v1/models", fields: [("Connection", "close")]), .get("/v1/models"))
    static let foreignOrigin = Scenario(
        "transport.origin", .get("/v1/models", fields: [("Origin", "https://attacker.example")]),
        Ask(
            method: "OPTIONS", path: "/v1/chat/completions", body: .none,
            fields: [
                ("Origin", "https://attacker.example"), ("Access-Control-Request-Method", "POST"),
                ("Access-Control-Request-Headers", "content-type"),
            ]))
    static let compressedAnswer = Scenario(
        "transport.gzip-answer", .get("/v1/models", fields: [("Accept-Encoding", "gzip")]))
    static let requestIDs = Scenario(
        "transport.request-id", .get("/v1/models"), .get("/v1/models"), .get("/v1/no-such-route"))
}

extension Check {
    static let transport: [Check] = [
        Check(
            "transport.keep-alive", "a connection serves several requests", .must, from: .modelsTwice,
            why: "a new connection, and with TLS a handshake, for every request"
        ) { evidence in
            _ = try evidence.answer(.modelsTwice, 0)
            let second = try evidence.answer(.modelsTwice, 1)
            try require(second.reusesConnection, "the connection was closed behind the first answer")
        },
        Check(
            "transport.close", "Connection: close is heeded", .should, from: .hangingUp,
            why: "clients of one request wait for the end of the connection"
        ) { evidence in
            _ = try evidence.answer(.hangingUp, 0)
            let told = try evidence.answer(.hangingUp, 0).field("connection")?.lowercased() == "close"
            try require(told, "the answer has no Connection: close")
        },
        Check(
            "transport.json-type", "JSON is told to be JSON", .must, from: .modelsTwice,
            why: "typed clients read a body by its Content-Type"
        ) { evidence in
            let type = try evidence.answer(.modelsTwice).field("content-type") ?? "none"
            try require(type.lowercased().hasPrefix("application/json"), "Content-Type: \(type)")
        },
        Check(
            "transport.head", "HEAD is answered without a body", .should, from: .modelsHead,
            why: "monitors and proxies ask so"
        ) { evidence in
            let transcript = try evidence.answer(.modelsHead, 0)
            try require(transcript.status == 200, transcript.complaint)
            let next = try evidence.raw(.modelsHead, 1)
            try require(next.failure == nil && next.status == 200, "the next answer on the connection is out of step")
        },
        Check(
            "transport.query", "an unknown query is passed over", .must, from: .modelsQuery,
            why: "clients made for Azure add api-version to every URL"
        ) { evidence in
            let transcript = try evidence.answer(.modelsQuery)
            try require(transcript.status == 200, transcript.complaint)
        },
        Check(
            "transport.unknown-route", "an unknown route is a 404", .must, from: .unknownRoute,
            why: "clients try an endpoint to learn whether it is there"
        ) { evidence in
            let transcript = try evidence.answer(.unknownRoute)
            try require(transcript.status == 404, transcript.refusalComplaint(404...404))
        },
        Check(
            "transport.unknown-route-shape", "an unknown route's body is an error object", .should, complaints: [50],
            from: .unknownRoute,
            why: "SDKs show the message of error.message, or nothing"
        ) { evidence in
            let message = try evidence.answer(.unknownRoute).errorObject?["message"]?.stringValue
            try require(message?.isEmpty == false, "no error.message")
        },
        Check(
            "transport.wrong-method", "a wrong method is a 405", .should, from: .wrongMethod,
            why: "404 says that the endpoint is not there"
        ) { evidence in
            let transcript = try evidence.answer(.wrongMethod)
            try require(transcript.status == 405, transcript.refusalComplaint(405...405))
        },
        Check(
            "transport.allow", "a 405 names the methods that are allowed", .should, from: .wrongMethod,
            why: "RFC 9110 section 15.5.6 requires Allow"
        ) { evidence in
            let transcript = try evidence.answer(.wrongMethod)
            try presuppose(transcript.status == 405, "no 405")
            try require(transcript.field("allow")?.contains("POST") == true, "no Allow with POST")
        },
        Check(
            "transport.foreign-origin", "web pages of others may not read", .should, from: .foreignOrigin,
            why: "any page in a browser could use the server of whoever looks at it"
        ) { evidence in
            for step in 0...1 {
                let allowed = try evidence.answer(.foreignOrigin, step).field("access-control-allow-origin")
                try require(allowed == nil, "Access-Control-Allow-Origin: \(allowed ?? "")")
            }
        },
        Check(
            "transport.gzip-answer", "a compressed answer is what it says", .should, from: .compressedAnswer,
            why: "clients unpack by Content-Encoding"
        ) { evidence in
            let transcript = try evidence.answer(.compressedAnswer)
            let coding = transcript.field("content-encoding") ?? "identity"
            let isPacked = transcript.body.starts(with: [0x1F, 0x8B])
            try require(
                coding == "gzip" ? isPacked : transcript.json != nil,
                "Content-Encoding \(coding), but the body is other")
        },
        Check(
            "transport.request-id", "answers have an x-request-id, each its own", .should, from: .requestIDs,
            why: "SDKs show it as request_id; without one no log line can be found"
        ) { evidence in
            let ids = try (0...1).map { try evidence.answer(.requestIDs, $0).field("x-request-id") }
            try require(ids.allSatisfy { $0?.isEmpty == false }, "no x-request-id")
            try require(ids[0] != ids[1], "two answers with the same x-request-id")
        },
        Check(
            "transport.error-request-id", "errors have an x-request-id", .should, complaints: [50], from: .requestIDs,
            why: "err.request_id is what users send to support"
        ) { evidence in
            try require(try evidence.answer(.requestIDs, 2).field("x-request-id") != nil, "no x-request-id")
        },
    ]
}
