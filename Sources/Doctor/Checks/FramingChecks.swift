internal import JSON

extension Ask {
    /// The shortest chat there is.
    static let shortChat = Ask.chat(#"{"messages": [{"role": "user", "content": "Hello!"}], "max_tokens": 4}"#)

    static func shortChat(_ framing: Framing, fields: [(name: String, value: String)] = []) -> Ask {
        var ask = shortChat
        ask.framing = framing
        ask.fields = fields
        return ask
    }
}

extension Scenario {
    static let chunkedRequest = Scenario("transport.chunked", .shortChat(.chunked))
    static let expectation = Scenario("transport.expect", .shortChat(.counted, fields: [("Expect", "100-continue")]))
    static let oversized = Scenario(
        "transport.oversize", .shortChat(.announced(1 << 40), fields: [("Expect", "100-continue")]))
    static let bothFramings = Scenario("transport.framing", .shortChat(.countedAndChunked))
    static let packedRequest = Scenario("transport.gzip-request") { ask in
        ask.fields = [("Content-Encoding", "gzip")]
        ask.body = .bytes(StoredGzip.bytes(ask.bodyBytes(model: "") ?? []))
    }
    static let withoutHost = Scenario("transport.host") { ask in
        ask = .get("/v1/models")
        ask.leavesHostOut = true
    }
    static let largeHead = Scenario(
        "transport.large-head", .get("/v1/models", fields: [("X-Padding", String(repeating: "x", count: 1 << 20))]))
    static let upperCaseFields = Scenario("transport.field-case") { ask in
        ask.fields = [("X-TRACE", "1"), ("accept-LANGUAGE", "zh-CN")]
    }

    /// One short chat, changed.
    private init(_ name: String, _ change: (inout Ask) -> Void) {
        var ask = Ask.shortChat
        change(&ask)
        self.init(name, ask)
    }
}

extension Check {
    static let framing: [Check] = [
        Check(
            "transport.chunked", "a body may come in chunks", .must, from: .chunkedRequest,
            why: "proxies and streaming clients send no Content-Length"
        ) { evidence in
            let transcript = try evidence.answer(.chunkedRequest)
            try require(transcript.status == 200, transcript.complaint)
        },
        Check(
            "transport.expect", "Expect: 100-continue leads to an answer", .must, from: .expectation,
            why: "curl sends it with larger bodies and waits"
        ) { evidence in
            let transcript = try evidence.answer(.expectation)
            try require(transcript.status == 200, transcript.complaint)
        },
        Check(
            "transport.oversize", "a body that is too large is refused before it is sent", .should, from: .oversized,
            why: "a terabyte should not have to travel to be refused"
        ) { evidence in
            let transcript = try evidence.raw(.oversized)
            try require(transcript.failure == nil, "no answer to a Content-Length of 1 TiB")
            try require(
                transcript.status == 413 || transcript.status == 400 || transcript.status == 417,
                transcript.refusalComplaint(413...413))
        },
        Check(
            "transport.framing", "Content-Length beside chunks is refused", .should, from: .bothFramings,
            why: "request smuggling: two servers in a row disagree where a request ends (RFC 9112 section 6.1)"
        ) { evidence in
            let transcript = try evidence.raw(.bothFramings)
            try presuppose(transcript.failure == nil, "closed without an answer")
            let ends = transcript.field("connection")?.lowercased() == "close"
            try require(
                400...499 ~= transcript.status || ends, "status \(transcript.status), and the connection stays open")
        },
        Check(
            "transport.gzip-request", "a packed body is read or refused", .should, from: .packedRequest,
            why: "some clients pack long prompts; a 500 tells them nothing"
        ) { evidence in
            let transcript = try evidence.answer(.packedRequest)
            try require(transcript.status < 500, transcript.complaint)
        },
        Check(
            "transport.host", "a request without Host is refused", .should, from: .withoutHost,
            why: "RFC 9112 section 3.2; virtual hosts and DNS rebinding checks go by it"
        ) { evidence in
            let transcript = try evidence.answer(.withoutHost)
            try require(transcript.status == 400, transcript.refusalComplaint(400...400))
        },
        Check(
            "transport.large-head", "a head of a mebibyte is refused", .should, from: .largeHead,
            why: "heads without a bound are memory without a bound"
        ) { evidence in
            let transcript = try evidence.raw(.largeHead)
            try presuppose(transcript.failure == nil, "closed without an answer")
            try require(400...499 ~= transcript.status, "status \(transcript.status)")
        },
        Check(
            "transport.field-case", "unknown fields of the head are passed over", .must, from: .upperCaseFields,
            why: "tracing and proxies add their own"
        ) { evidence in
            let transcript = try evidence.answer(.upperCaseFields)
            try require(transcript.status == 200, transcript.complaint)
        },
    ]
}
