internal import JSON

/// As much of JSON Schema as the checks' own schemas use.
enum SchemaShape {
    /// What is wrong with a value; nil where nothing is.
    static func fault(of value: JSONValue, by schema: JSONValue, at path: JSONPath = JSONPath()) -> String? {
        if let type = schema["type"]?.stringValue, !has(value, type) { return "\(path) is \(value.kind), not \(type)" }
        if let allowed = schema["enum"]?.arrayValue, !allowed.contains(value) { return "\(path) is none of its enum" }
        if let least = schema["minimum"]?.doubleValue, let number = value.doubleValue, number < least {
            return "\(path) is below \(least)"
        }
        if let most = schema["maximum"]?.doubleValue, let number = value.doubleValue, number > most {
            return "\(path) is above \(most)"
        }
        if let length = schema["maxLength"]?.intValue, let text = value.stringValue, text.unicodeScalars.count > length
        {
            return "\(path) is longer than \(length)"
        }
        if let elements = value.arrayValue { return fault(ofElements: elements, by: schema, at: path) }
        if let object = value.objectValue { return fault(ofMembers: object, by: schema, at: path) }
        return nil
    }

    private static func fault(ofElements elements: [JSONValue], by schema: JSONValue, at path: JSONPath) -> String? {
        if let least = schema["minItems"]?.intValue, elements.count < least { return "\(path) has too few elements" }
        if let most = schema["maxItems"]?.intValue, elements.count > most { return "\(path) has too many elements" }
        guard let items = schema["items"] else { return nil }
        return elements.indices.lazy.compactMap { fault(of: elements[$0], by: items, at: path.appending(index: $0)) }
            .first
    }

    private static func fault(ofMembers members: JSONObject, by schema: JSONValue, at path: JSONPath) -> String? {
        for key in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue) where !members.contains(key: key) {
            return "\(path.appending(key: key)) is missing"
        }
        for (key, value) in members {
            guard let property = schema["properties"]?[key] else {
                if schema["additionalProperties"]?.boolValue == false {
                    return "\(path.appending(key: key)) is invented"
                }
                continue
            }
            if let fault = fault(of: value, by: property, at: path.appending(key: key)) { return fault }
        }
        return nil
    }

    private static func has(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "object": value.objectValue != nil
        case "array": value.arrayValue != nil
        case "string": value.stringValue != nil
        case "integer": value.intValue != nil
        case "number": value.numberValue != nil
        case "boolean": value.boolValue != nil
        default: true
        }
    }
}
