internal import JSON

/// Typed, bounded reads of a config.json. A key that holds null is not there.
struct SettingsReader {
    /// What errors call the file.
    let source: String
    let object: JSONObject

    func value(_ key: String) -> JSONValue? {
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    /// A whole number in a range, or nil where the key is not there.
    func optionalInteger(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let integer = value.intValue, range.contains(integer) else {
            throw invalid(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return integer
    }

    func integer(_ key: String, in range: ClosedRange<Int>) throws(ModelError) -> Int {
        guard let integer = try optionalInteger(key, in: range) else {
            throw invalid(key, "a whole number")
        }
        return integer
    }

    func number(_ key: String) throws(ModelError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.doubleValue, number.isFinite else { throw invalid(key, "a number") }
        return number
    }

    func bool(_ key: String) throws(ModelError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.boolValue else { throw invalid(key, "true or false") }
        return flag
    }

    func string(_ key: String) throws(ModelError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw invalid(key, "a string") }
        return text
    }

    /// A nested object's reader, whose errors name both.
    func nested(_ key: String) throws(ModelError) -> SettingsReader? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else { throw invalid(key, "an object") }
        return SettingsReader(source: "\(source): \(key)", object: object)
    }

    func invalid(_ key: String, _ expected: String) -> ModelError {
        .invalidSetting(
            source: source,
            key: key,
            expected: expected,
            found: object[key]?.serialized() ?? "nothing"
        )
    }

    func unsupported(_ key: String, _ reason: String) -> ModelError {
        .unsupportedSetting(
            source: source,
            key: key,
            found: object[key]?.serialized() ?? "missing",
            reason: reason
        )
    }
}
