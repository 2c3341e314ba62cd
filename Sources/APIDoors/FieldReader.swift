package import JSON

/// Reads the fields of one JSON object, complains with their path, and knows which fields nobody asked for.
///
/// `null` counts as absent everywhere, as OpenAI has it.
package struct FieldReader {
    package let object: JSONObject
    package let path: JSONPath
    private var readKeys: Set<String> = []

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

    /// The path of a field as a message spells it.
    package func path(of key: String) -> String {
        path.appending(key: key).description
    }

    /// Any value but null.
    package mutating func value(_ key: String) -> JSONValue? {
        readKeys.insert(key)
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    package mutating func string(_ key: String) throws(APIError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw wrongType(key, expected: "a string", value) }
        return text
    }

    package mutating func bool(_ key: String) throws(APIError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.boolValue else { throw wrongType(key, expected: "a boolean", value) }
        return flag
    }

    package mutating func integer(_ key: String) throws(APIError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.intValue else { throw wrongType(key, expected: "an integer", value) }
        return number
    }

    package mutating func number(_ key: String) throws(APIError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.doubleValue, number.isFinite else {
            throw wrongType(key, expected: "a finite number", value)
        }
        return number
    }

    package mutating func array(_ key: String) throws(APIError) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard let elements = value.arrayValue else { throw wrongType(key, expected: "an array", value) }
        return elements
    }

    /// A reader of the object below a field.
    package mutating func reader(_ key: String) throws(APIError) -> FieldReader? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else { throw wrongType(key, expected: "an object", value) }
        return FieldReader(object, path: path.appending(key: key))
    }

    /// An array of integers.
    package mutating func integers(_ key: String) throws(APIError) -> [Int]? {
        guard let elements = try array(key) else { return nil }
        var numbers: [Int] = []
        numbers.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard let number = element.intValue else {
                let place = "\(path(of: key))[\(index)]"
                throw .invalid(place, "'\(place)' must be an integer, not \(element.kind).")
            }
            numbers.append(number)
        }
        return numbers
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
