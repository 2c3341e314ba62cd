internal import JSON

extension Scenario {
    static let health = Scenario("operations.health", .get("/health"))
    static let metrics = Scenario("operations.metrics", .get("/metrics"), .shortChat, .get("/metrics"))
    static let together = Scenario(
        "operations.together",
        steps: [
            { _, _ in [counting(8)] },
            { _, _ in (0..<4).map { counting(5 + $0) } },
        ])
    static let hangUp = Scenario(
        "operations.hang-up", isAlone: true,
        steps: [
            { _, _ in [.get("/metrics")] },
            { _, earlier in
                guard RunningRequests.count(in: earlier[0].text) != nil else { return [] }
                var ask = Ask.chat(
                    #"{"messages": [\#(letterQuestion)], "stream": true, "max_tokens": 3000, "ignore_eos": true, "min_tokens": 2900}"#
                )
                ask.cutAfterPieces = 2
                return [ask]
            },
            { _, earlier in
                guard earlier.count == 2, let before = RunningRequests.count(in: earlier[0].text) else { return [] }
                var ask = Ask.get("/metrics")
                ask.until = { (RunningRequests.count(in: $0.text) ?? 0) <= before }
                return [ask]
            },
            { _, earlier in earlier.count == 3 ? [.shortChat] : [] },
        ])
    static let tier = Scenario("operations.tier", .shortChat.with(["service_tier": "flex"]))
    static let aliveAtTheEnd = Scenario(
        "operations.alive", isAlone: true, steps: [{ _, _ in [.shortChat, .get("/health")] }])

    private static func counting(_ seed: Int) -> Ask {
        .chat(#"{"messages": [\#(letterQuestion)], "temperature": 0, "seed": \#(seed), "max_tokens": 48}"#)
    }
}

extension Check {
    static let operations: [Check] = [
        Check(
            "operations.health", "GET /health is 200", .should, from: .health, why: "supervisors and balancers ask it"
        ) { evidence in
            let transcript = try evidence.answer(.health)
            try require(transcript.status == 200, transcript.complaint)
        },
        Check(
            "operations.metrics", "metrics are Prometheus' text", .should, needs: [.metrics], from: .metrics,
            why: "dashboards and alarms are made of it"
        ) { evidence in
            let transcript = try evidence.answer(.metrics)
            let type = transcript.field("content-type") ?? "none"
            try require(
                type.hasPrefix("text/plain") || type.hasPrefix("application/openmetrics-text"), "Content-Type: \(type)")
            for line in transcript.text.split(separator: "\n") where !line.hasPrefix("#") {
                let fields = line.split(separator: " ")
                try require(
                    fields.count >= 2 && fields.dropFirst().contains { Double($0) != nil },
                    "a line is \(line.prefix(60))")
            }
        },
        Check(
            "operations.counters", "a reply raises some of the metrics", .should, needs: [.metrics], from: .metrics,
            why: "gauges that stand still say nothing"
        ) { evidence in
            let (before, after) = (try evidence.answer(.metrics, 0).text, try evidence.answer(.metrics, 2).text)
            try require(before != after, "none changed")
        },
        Check(
            "operations.together", "four replies at once succeed", .must, complaints: [56], from: .together,
            why: "servers crash on the second user"
        ) { evidence in
            for step in 0..<5 { _ = try evidence.reply(.together, step) }
        },
        Check(
            "operations.company", "replies are in company what they are alone", .should, complaints: [48],
            from: .together,
            why: "temperature 0 depends on who else is there"
        ) { evidence in
            try presuppose(try evidence.answers(.together).allSatisfy { $0.status == 200 }, "not all succeed")
            let alone = try evidence.reply(.together, 0)
            for step in 1..<5 {
                let reply = try evidence.reply(.together, step)
                let texts = (reply.reasoning + reply.content, alone.reasoning + alone.content)
                try require(texts.0 == texts.1, difference(texts.0, texts.1))
            }
        },
        Check(
            "operations.hang-up", "who hangs up ends the work", .should, complaints: [44], from: .hangUp,
            why: "a closed tab goes on costing"
        ) { evidence in
            try presuppose((try evidence.answers(.hangUp)).count > 2, "no metric tells running requests")
            let before = RunningRequests.count(in: try evidence.answer(.hangUp, 0).text) ?? 0
            let after = RunningRequests.count(in: try evidence.answer(.hangUp, 2).text) ?? 0
            try require(after <= before, "10 seconds later \(after) requests run, \(before) before")
        },
        Check(
            "operations.tier", "service_tier flex is taken", .extra, from: .tier, why: "jobs that can wait should"
        ) { evidence in
            _ = try evidence.offeredReply(.tier)
        },
        Check(
            "operations.alive", "the server answers after everything", .must, complaints: [27, 56],
            from: .aliveAtTheEnd,
            why: "one examination ends it"
        ) { evidence in
            _ = try evidence.reply(.aliveAtTheEnd, 0)
        },
    ]
}

/// How many requests a server works on, by whichever of its metrics tells it.
enum RunningRequests {
    private static let names: Set<Substring> = [
        "ponder_requests_running", "vllm:num_requests_running", "llamacpp:requests_processing",
        "sglang:num_running_reqs",
    ]

    /// The sum over all labels; nil where no metric tells it.
    static func count(in metrics: String) -> Double? {
        let values = metrics.split(separator: "\n").compactMap { line -> Double? in
            let name = line.prefix { $0 != "{" && $0 != " " }
            guard names.contains(name), let value = line.split(separator: " ").last else { return nil }
            return Double(value)
        }
        return values.isEmpty ? nil : values.reduce(0, +)
    }
}
