package import JSON
package import Serving

/// Reads the fields of one JSON object, complains with their path, and knows which fields nobody asked for.
///
/// `null` counts as absent everywhere, as OpenAI has it.
package struct FieldReader {
    package let object: JSONObject
    package let path: JSONPath
    /// What is to be warned of in this object, and in those below it that were taken in.
    package private(set) var notes: [RequestWarning] = []
    private var readKeys: Set<String> = []
    /// Where it is written down what was asked for; nil where nobody wants to know.
    private let log = FieldLog.current

    package init(_ object: JSONObject, path: JSONPath = JSONPath()) {
        self.object = object
        self.path = path
    }

    /// A reader of a value that must be an object, such as an element of an array.
    package static func object(_ value: JSONValue, path: JSONPath) throws(APIError) -> FieldReader {
        guard let object = value.objectValue else {
            throw .invalid(path.description, "'\(path)' must be an object, not \(value.kind).")
        }
        return FieldReader(object, path: path)
    }

    /// The fields that no verb below has asked for and that are not null, in their order.
    package var unreadKeys: [String] {
        object.filter { !readKeys.contains($0.key) && !$0.value.isNull }.map(\.key)
    }

    /// Takes in what there is to say of an object below this one: it is read, and what is left of it is unknown.
    package mutating func take(_ child: FieldReader, unknown message: String = RequestWarning.unknownField) {
        notes += child.notes
        notes += child.unreadKeys.map { RequestWarning(parameter: child.path(of: $0), message: message) }
    }

    /// Warns of a field.
    package mutating func warn(_ key: String, _ message: String) {
        notes.append(RequestWarning(parameter: path(of: key), message: message))
    }

    /// Reads fields whose values this server has no need of, and whose senders expect nothing of them.
    package mutating func passOver(_ keys: String...) {
        for key in keys {
            _ = value(key)
        }
    }

    /// The path of a field as a message spells it.
    package func path(of key: String) -> String {
        path.appending(key: key).description
    }

    /// Any value but null.
    package mutating func value(_ key: String) -> JSONValue? {
        value(key, as: .anything)
    }

    private mutating func value(_ key: String, as kind: FieldLog.Kind) -> JSONValue? {
        readKeys.insert(key)
        log?.note(key, as: kind, below: path)
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    package mutating func string(_ key: String) throws(APIError) -> String? {
        try read(key, .string, "a string") { $0.stringValue }
    }

    package mutating func bool(_ key: String) throws(APIError) -> Bool? {
        try read(key, .boolean, "a boolean") { $0.boolValue }
    }

    package mutating func integer(_ key: String) throws(APIError) -> Int? {
        try read(key, .integer, "an integer") { $0.intValue }
    }

    package mutating func number(_ key: String) throws(APIError) -> Double? {
        try read(key, .number, "a finite number") { $0.finiteValue }
    }

    package mutating func array(_ key: String) throws(APIError) -> [JSONValue]? {
        try read(key, .array, "an array") { $0.arrayValue }
    }

    /// A reader of the object below a field.
    package mutating func reader(_ key: String) throws(APIError) -> FieldReader? {
        let path = path.appending(key: key)
        return try read(key, .object, "an object") { $0.objectValue.map { FieldReader($0, path: path) } }
    }

    /// An array of integers.
    package mutating func integers(_ key: String) throws(APIError) -> [Int]? {
        try elements(key, .integers, "an integer") { $0.intValue }
    }

    /// An array of strings.
    package mutating func strings(_ key: String) throws(APIError) -> [String]? {
        try elements(key, .strings, "a string") { $0.stringValue }
    }

    /// An array of strings, or one string, which stands for an array of it.
    package mutating func stringOrStrings(_ key: String) throws(APIError) -> [String]? {
        switch value(key, as: .string) {
        case nil: return try strings(key)
        case .string(let text): return [text]
        case .array: return try strings(key)
        case .some(let other): throw wrongType(key, expected: "a string or an array of strings", other)
        }
    }

    /// A truth value where the field is one; other kinds are for others to read.
    package mutating func boolIfOne(_ key: String) -> Bool? {
        if case .bool(let isOn)? = value(key, as: .boolean) { isOn } else { nil }
    }

    /// A level of thinking by its name.
    package mutating func thinkingLevel(_ key: String) throws(APIError) -> ThinkingLevel? {
        guard let name = try string(key) else { return nil }
        guard let level = ThinkingLevel(rawValue: name) else {
            throw invalid(
                key, "'\(path(of: key))' must be one of \(ThinkingLevel.names), not '\(name.prefix(40))'.")
        }
        return level
    }

    /// A switch of thinking, or a level, as Ollama's `think`: a truth value counts as no thinking or thinking without bound.
    package mutating func think(_ key: String) throws(APIError) -> ThinkingLevel? {
        switch value(key, as: .boolean) {
        case .bool(let isOn)?: return isOn ? .max : ThinkingLevel.none
        case .string?, nil: return try thinkingLevel(key)
        case .some(let other): throw wrongType(key, expected: "a boolean or a string", other)
        }
    }

    /// Readers of an array of objects.
    package mutating func readers(_ key: String) throws(APIError) -> [FieldReader]? {
        guard let elements = try read(key, .objects, "an array", { $0.arrayValue }) else { return nil }
        let path = path.appending(key: key)
        var readers: [FieldReader] = []
        for (index, element) in elements.enumerated() {
            readers.append(try .object(element, path: path.appending(index: index)))
        }
        return readers
    }

    private mutating func read<Value>(
        _ key: String, _ kind: FieldLog.Kind, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(APIError) -> Value? {
        guard let value = value(key, as: kind) else { return nil }
        guard let converted = convert(value) else { throw wrongType(key, expected: expected, value) }
        return converted
    }

    private mutating func elements<Value>(
        _ key: String, _ kind: FieldLog.Kind, _ expected: String, _ convert: (JSONValue) -> Value?
    ) throws(APIError) -> [Value]? {
        guard let elements = try read(key, kind, "an array", { $0.arrayValue }) else { return nil }
        var values: [Value] = []
        values.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let value = convert(element) else {
                let place = "\(path(of: key))[\(index)]"
                throw .invalid(place, "'\(place)' must be \(expected), not \(element.kind).")
            }
            values.append(value)
        }
        return values
    }

    /// A complaint that a field is missing.
    package func missing(_ key: String) -> APIError {
        .invalid(path(of: key), "Missing required field '\(path(of: key))'.")
    }

    /// A complaint about a field's JSON type.
    package func wrongType(_ key: String, expected: String, _ value: JSONValue) -> APIError {
        let found = value.numberValue.map { "the number \($0.text.prefix(40))" } ?? value.kind
        return .invalid(path(of: key), "'\(path(of: key))' must be \(expected), not \(found).")
    }

    /// A complaint about a field's value.
    package func invalid(_ key: String, _ message: String) -> APIError {
        .invalid(path(of: key), message)
    }

    /// A complaint that a legitimate value is not supported here.
    package func unsupported(_ key: String, _ message: String) -> APIError {
        .unsupported(path(of: key), message)
    }
}

extension JSONValue {
    fileprivate var finiteValue: Double? {
        doubleValue.flatMap { $0.isFinite ? $0 : nil }
    }
}
