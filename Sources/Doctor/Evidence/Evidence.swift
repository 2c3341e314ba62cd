internal import JSON

/// The answers that a check may look at. Every look throws a ``Finding`` where the answer is not there or not to be read, so
/// that a judgement is only about what it is about.
struct Evidence: Sendable {
    let recording: Recording

    var subject: Subject { recording.subject }

    /// An answer, whatever its status; the check fails where none came.
    func answer(_ scenario: Scenario, _ step: Int = 0) throws -> Transcript {
        let transcript = try raw(scenario, step)
        if let failure = transcript.failure { throw Finding.fault("\(transcript.line): \(failure)") }
        return transcript
    }

    /// All answers of a scenario, whatever their statuses.
    func answers(_ scenario: Scenario) throws -> [Transcript] {
        try (recording.transcripts[scenario.name] ?? []).indices.map { try answer(scenario, $0) }
    }

    /// What there is of an answer, also where none came or it was cut.
    func raw(_ scenario: Scenario, _ step: Int = 0) throws -> Transcript {
        let transcripts = recording.transcripts[scenario.name] ?? []
        guard transcripts.indices.contains(step) else { throw Finding.nothingToSay("its request could not be made") }
        return transcripts[step]
    }

    /// The object of an answer with status 200.
    func object(_ scenario: Scenario, _ step: Int = 0) throws -> JSONValue {
        let transcript = try answer(scenario, step)
        try require(transcript.status == 200, transcript.complaint)
        let json = try require(transcript.json, "\(transcript.line): the body is no JSON")
        try require(json.objectValue != nil, "\(transcript.line): the body is \(json.kind)")
        return json
    }

    /// A chat completion that succeeded.
    func reply(_ scenario: Scenario, _ step: Int = 0) throws -> ChatReply {
        ChatReply(try object(scenario, step))
    }

    /// The same, and nothing to say where the server does not offer it: statuses 400, 404, 422 and 501.
    func offeredReply(_ scenario: Scenario, _ step: Int = 0) throws -> ChatReply {
        try offered(scenario, step)
        return try reply(scenario, step)
    }

    func offered(_ scenario: Scenario, _ step: Int = 0) throws {
        let transcript = try answer(scenario, step)
        try presuppose(![400, 404, 405, 422, 501].contains(transcript.status), "not offered: \(transcript.complaint)")
    }

    /// A stream of chat chunks that succeeded.
    func stream(_ scenario: Scenario, _ step: Int = 0) throws -> ChatStream {
        let transcript = try answer(scenario, step)
        try require(transcript.status == 200, transcript.complaint)
        return ChatStream(transcript)
    }

    /// The tokens of a prompt, by an answer's usage.
    func promptTokens(_ scenario: Scenario, _ step: Int = 0) throws -> Int {
        try require(try reply(scenario, step).promptTokens, "the reply has no usage.prompt_tokens")
    }

    /// An answer that refuses: of a status from 400 to 499.
    @discardableResult
    func refusal(_ scenario: Scenario, _ step: Int = 0, statuses: ClosedRange<Int> = 400...499) throws -> Transcript {
        let transcript = try answer(scenario, step)
        try require(statuses.contains(transcript.status), transcript.refusalComplaint(statuses))
        return transcript
    }
}

extension Transcript {
    /// The status and the beginning of what the server says to it.
    var complaint: String {
        let message =
            json?["error"]?["message"]?.stringValue ?? json?["error"]?.stringValue ?? json?["message"]?.stringValue
        let words = (message ?? text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return words.isEmpty ? "status \(status)" : "status \(status): \(words.prefix(120))"
    }

    func refusalComplaint(_ statuses: ClosedRange<Int>) -> String {
        let wanted = statuses.count == 1 ? "\(statuses.lowerBound)" : "\(statuses.lowerBound) to \(statuses.upperBound)"
        return 200...299 ~= status ? "status \(status), not \(wanted)" : "\(complaint), not \(wanted)"
    }

    /// OpenAI's error object.
    var errorObject: JSONObject? { json?["error"]?.objectValue }
}
