internal import JSON

/// One request and what came of it: all that checks judge by, so that a recorded one says the same as a server.
struct Transcript: Sendable {
    var method: String
    var path: String
    /// The request's body as text, shortened where it is long.
    var request: String
    /// Zero where no answer came.
    var status = 0
    /// In their order, names in lower case.
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    /// Milliseconds after the request at which pieces of the body came.
    var pieceTimes: [Int] = []
    /// Milliseconds from the request to the answer's end.
    var milliseconds = 0
    /// Why there is no complete answer.
    var failure: String?
    /// Whether it went over a connection that an earlier request of its scenario had opened.
    var reusesConnection = false

    /// The first field of a name in lower case.
    func field(_ name: String) -> String? {
        fields.first { $0.name == name }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON; nil where it is none.
    var json: JSONValue? { try? JSONValue(parsing: body) }

    /// The request's line, for messages.
    var line: String { "\(method) \(path)" }
}

extension Transcript {
    init(_ value: JSONValue) {
        self.init(
            method: value["method"]?.stringValue ?? "", path: value["path"]?.stringValue ?? "",
            request: value["request"]?.stringValue ?? "")
        status = value["status"]?.intValue ?? 0
        fields = (value["fields"]?.arrayValue ?? []).compactMap { pair in
            guard let name = pair[0]?.stringValue, let value = pair[1]?.stringValue else { return nil }
            return (name, value)
        }
        if let text = value["body"]?.stringValue {
            body = Array(text.utf8)
        } else {
            body = (value["body_bytes"]?.arrayValue ?? []).compactMap { $0.intValue.flatMap(UInt8.init(exactly:)) }
        }
        pieceTimes = (value["piece_times_ms"]?.arrayValue ?? []).compactMap(\.intValue)
        milliseconds = value["ms"]?.intValue ?? 0
        failure = value["failure"]?.stringValue
        reusesConnection = value["reuses_connection"]?.boolValue ?? false
    }

    var recorded: JSONValue {
        var object: JSONObject = [
            "method": .string(method), "path": .string(path), "request": .string(request), "status": .number(status),
            "fields": .array(fields.map { [.string($0.name), .string($0.value)] }),
        ]
        if let text = String(validating: body, as: UTF8.self) {
            object["body"] = .string(text)
        } else {
            object["body_bytes"] = .array(body.map { .number(Int($0)) })
        }
        object["piece_times_ms"] = .array(pieceTimes.map { .number($0) })
        object["ms"] = .number(milliseconds)
        object["failure"] = failure.map(JSONValue.string)
        if reusesConnection { object["reuses_connection"] = true }
        return .object(object)
    }
}
