public import JSON

/// What a server answered to every scenario: kept, it can be judged again without the server.
public struct Recording: Sendable {
    public var subject: Subject
    /// By the scenarios' names.
    var transcripts: [String: [Transcript]] = [:]

    public init(subject: Subject) {
        self.subject = subject
    }

    /// Reads what `json` wrote; nil where it is none.
    public init?(_ value: JSONValue) {
        guard let model = value["model"]?.stringValue, let scenarios = value["scenarios"]?.objectValue else {
            return nil
        }
        subject = Subject(
            model: model, hasKey: value["has_key"]?.boolValue ?? false,
            contextLength: value["context_length"]?.intValue)
        for (name, asked) in scenarios {
            transcripts[name] = (asked.arrayValue ?? []).map { Transcript($0) }
        }
    }

    public var json: JSONValue {
        var scenarios = JSONObject()
        for (name, asked) in transcripts.sorted(by: { $0.key < $1.key }) {
            scenarios[name] = .array(asked.map(\.recorded))
        }
        return [
            "model": .string(subject.model), "has_key": .bool(subject.hasKey),
            "context_length": subject.contextLength.map { .number($0) } ?? .null, "scenarios": .object(scenarios),
        ]
    }
}
