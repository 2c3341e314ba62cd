import JSON

/// One line of what `ponder doctor` says of a machine.
struct MachineFinding: Equatable, Sendable {
    enum Verdict: String, Sendable {
        case fine, warning
        /// Nothing good or bad in itself.
        case note
    }

    /// What it is about, such as `memory`.
    var name: String
    var value: String
    var verdict = Verdict.fine
    /// What to do, or what it means; nil where nothing needs to be said.
    var advice: String?

    /// The name as a word of a command line.
    var id: String { name.lowercased().replacing(" ", with: "-") }

    var json: JSONValue {
        var object: JSONObject = [
            "name": .string(name), "value": .string(value), "verdict": .string(verdict.rawValue),
        ]
        object["advice"] = advice.map(JSONValue.string)
        return .object(object)
    }
}
