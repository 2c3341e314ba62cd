internal import Checkpoints

/// Typed, bounded reads of an architecture's keys in a GGUF file.
struct GGUFSettings {
    let metadata: GGUFMetadata
    /// The architecture's name, which every key begins with.
    let prefix: String
    let source: String

    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int? {
        let value = try metadata.reading { () throws(CheckpointError) in try metadata.integer("\(prefix).\(key)") }
        guard let value else { return nil }
        guard range.contains(value) else {
            throw .invalidSetting(
                source: source,
                key: "\(prefix).\(key)",
                expected: "a whole number from \(range.lowerBound) to \(range.upperBound)",
                found: "\(value)"
            )
        }
        return value
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
        guard let value = try optionalInteger(key, in: range) else {
            throw .invalidSetting(
                source: source,
                key: "\(prefix).\(key)",
                expected: "a whole number",
                found: "nothing"
            )
        }
        return value
    }

    func number(_ key: String) throws(ModelError) -> Double? {
        try metadata.reading { () throws(CheckpointError) in try metadata.double("\(prefix).\(key)") }
    }

    func string(_ key: String) throws(ModelError) -> String? {
        try metadata.reading { () throws(CheckpointError) in try metadata.string("\(prefix).\(key)") }
    }

    /// Refuses any value of a key but one.
    func require(_ key: String, _ only: Int, _ reason: String) throws(ModelError) {
        let value = try optionalInteger(key, in: 0...Int(Int32.max))
        guard let value, value != only else { return }
        throw .unsupportedSetting(source: source, key: "\(prefix).\(key)", found: "\(value)", reason: reason)
    }
}

extension GGUFMetadata {
    /// Runs a getter; its error becomes this module's.
    func reading<Value>(_ body: () throws(CheckpointError) -> Value) throws(ModelError) -> Value {
        do {
            return try body()
        } catch {
            throw .checkpoint(error)
        }
    }
}
