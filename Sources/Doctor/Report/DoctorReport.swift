public import JSON

/// What an examination found, and of whom: kept as JSON, two stand side by side in a table.
public struct DoctorReport: Sendable {
    /// One check's line.
    public struct Line: Sendable {
        public var id: String
        public var title: String
        public var level: Check.Level
        public var verdict: Verdict
    }

    /// Whom, in the words of who started it, such as `ponder 0.1.0`.
    public var name: String
    public var url: String
    public var model: String
    /// As of ISO 8601.
    public var date: String
    public var lines: [Line]

    public init(name: String, url: String, model: String, date: String, results: [CheckResult]) {
        self.name = name
        self.url = url
        self.model = model
        self.date = date
        lines = results.map {
            Line(id: $0.check.id, title: $0.check.title, level: $0.check.level, verdict: $0.verdict)
        }
    }

    /// Reads what `json` wrote; nil where it is none.
    public init?(_ value: JSONValue) {
        guard let lines = value["checks"]?.arrayValue, let model = value["model"]?.stringValue else { return nil }
        name = value["name"]?.stringValue ?? ""
        url = value["url"]?.stringValue ?? ""
        date = value["date"]?.stringValue ?? ""
        self.model = model
        self.lines = lines.compactMap { line in
            guard let id = line["id"]?.stringValue, let word = line["verdict"]?.stringValue else { return nil }
            let reason = line["reason"]?.stringValue ?? ""
            let verdict: Verdict = word == "pass" ? .passed : word == "fail" ? .failed(reason) : .skipped(reason)
            let level = Check.Level(rawValue: line["level"]?.stringValue ?? "") ?? .extra
            return Line(id: id, title: line["title"]?.stringValue ?? "", level: level, verdict: verdict)
        }
    }

    /// Whether the server may be called OpenAI-compatible: no check that must pass fails.
    public var isSound: Bool { !lines.contains { $0.level == .must && $0.verdict.isFailure } }

    public var json: JSONValue {
        let checks = Dictionary(uniqueKeysWithValues: Examination.allChecks.map { ($0.id, $0) })
        return [
            "name": .string(name), "url": .string(url), "model": .string(model), "date": .string(date),
            "summary": [
                "passed": .number(lines.count { $0.verdict == .passed }),
                "failed": .number(lines.count { $0.verdict.isFailure }),
                "failed_must": .number(lines.count { $0.level == .must && $0.verdict.isFailure }),
                "skipped": .number(lines.count { $0.verdict.isSkip }),
            ],
            "checks": .array(
                lines.map { line in
                    let check = checks[line.id]
                    var object: JSONObject = [
                        "id": .string(line.id), "title": .string(line.title), "level": .string(line.level.rawValue),
                        "verdict": .string(line.verdict.word),
                    ]
                    object["reason"] = line.verdict.reason.map(JSONValue.string)
                    object["why"] = check.map { .string($0.why) }
                    object["complaints"] = check.map { .array($0.complaints.map { .number($0) }) }
                    return .object(object)
                }),
        ]
    }

    /// The lines of a group, in their order.
    func lines(of group: CheckGroup) -> [Line] {
        lines.filter { $0.id.hasPrefix("\(group.rawValue).") }
    }

    /// `12 passed, 2 failed, 1 skipped`
    static func counts(_ lines: [Line]) -> String {
        let parts = [
            (lines.count { $0.verdict == .passed }, "passed"), (lines.count { $0.verdict.isFailure }, "failed"),
            (lines.count { $0.verdict.isSkip }, "skipped"),
        ]
        return parts.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
    }
}

extension Verdict {
    public var isFailure: Bool { if case .failed = self { true } else { false } }
    public var isSkip: Bool { if case .skipped = self { true } else { false } }
}
