internal import JSON

/// A value that a field cannot have.
private struct BadValue {
    let field: String
    let name: String
    let value: JSONValue
    let level: Check.Level

    var scenario: Scenario { Scenario("sampling.bad-\(name)", .shortChat.with([field: value])) }
}

extension Check {
    private static let values = [
        BadValue(field: "temperature", name: "temperature-text", value: "hot", level: .must),
        BadValue(field: "temperature", name: "temperature", value: -1, level: .should),
        BadValue(field: "top_p", name: "top-p", value: 2, level: .should),
        BadValue(field: "max_tokens", name: "max-tokens-text", value: "many", level: .must),
        BadValue(field: "max_tokens", name: "max-tokens", value: -5, level: .should),
        BadValue(field: "n", name: "n", value: 0, level: .should),
        BadValue(field: "presence_penalty", name: "presence-penalty", value: 9, level: .should),
        BadValue(field: "seed", name: "seed-text", value: "abc", level: .must),
        BadValue(field: "stop", name: "stop-number", value: 5, level: .must),
        BadValue(field: "stream", name: "stream-text", value: "yes", level: .must),
        BadValue(field: "logit_bias", name: "logit-bias", value: ["5": 1e6], level: .should),
        BadValue(field: "logprobs", name: "logprobs-text", value: "yes", level: .must),
    ]

    private static let tooManyAlternatives = Scenario(
        "sampling.bad-top-logprobs", .shortChat.with(["logprobs": true, "top_logprobs": 1_000]))

    static let badValues: [Check] =
        values.map { bad in
            let told = bad.value.serialized()
            let kind = bad.level == .must ? "of the wrong type" : "out of its range"
            return refused(
                "sampling.bad-\(bad.name)", "\(bad.field) \(kind) is refused: \(told)", bad.level, complaints: [50],
                from: bad.scenario, why: "a mistake that nobody notices, or a 500 that is tried again")
        } + [
            refused(
                "sampling.bad-top-logprobs", "top_logprobs out of its range is refused: 1000", .should,
                complaints: [50],
                from: tooManyAlternatives, why: "fewer come, and nobody knows why"),
            Check(
                "sampling.param", "refusals name the field as param", .should, complaints: [50],
                from: values[0].scenario, why: "forms show the message beside the field"
            ) { evidence in
                let transcript = try evidence.refusal(values[0].scenario)
                let param = transcript.errorObject?["param"]?.stringValue
                try require(param == "temperature", "param is \(param ?? "missing")")
            },
        ]
}
