package import JSON
package import TestSupport

/// Schemas of small values, so that random output often comes to an end.
package enum RandomSchema {
    private static let names = ["a", "city", "für", "x y", "n\"q"]

    /// The schema of a tool's arguments.
    package static func arguments(_ random: inout SeededGenerator) -> JSONValue {
        object(depth: 2, isClosed: true, &random)
    }

    private static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &random) {
        case 0: return ["type": "string", "maxLength": .number(Int.random(in: 0...6, using: &random))]
        case 1: return ["type": "integer", "minimum": -5, "maximum": 40]
        case 2: return ["type": "boolean"]
        case 3: return ["enum": ["red", "green", "null"]]
        case 4: return ["enum": [1, "one", nil]]
        case 5: return ["anyOf": [["type": "string", "maxLength": 5], ["type": "null"]]]
        case 6: return ["type": "array", "items": value(depth: depth - 1, &random), "minItems": 1, "maxItems": 2]
        case 7: return ["anyOf": [value(depth: depth - 1, &random), value(depth: depth - 1, &random)]]
        default: return object(depth: depth - 1, isClosed: Bool.random(using: &random), &random)
        }
    }

    private static func object(depth: Int, isClosed: Bool, _ random: inout SeededGenerator) -> JSONValue {
        var properties: JSONObject = [:]
        var required: [JSONValue] = []
        for name in names.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random)) {
            properties[name] = value(depth: depth - 1, &random)
            if Bool.random(using: &random) {
                required.append(.string(name))
            }
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties), "required": .array(required)]
        if isClosed || properties.isEmpty {
            schema["additionalProperties"] = false
        }
        return .object(schema)
    }
}

/// Says whether values are valid by the schemas that ``RandomSchema`` makes: a plain reading of the specification.
package enum SchemaCheck {
    package static func isValid(_ value: JSONValue, by schema: JSONValue) -> Bool {
        guard let schema = schema.objectValue else { return schema == .bool(true) }
        return schema.allSatisfy { isValid(value, by: $0.value, of: $0.key, in: schema) }
    }

    private static func isValid(
        _ value: JSONValue, by limit: JSONValue, of keyword: String, in schema: JSONObject
    ) -> Bool {
        switch keyword {
        case "type": return isOfType(value, limit.stringValue ?? "")
        case "enum": return limit.arrayValue?.contains(value) == true
        case "anyOf": return limit.arrayValue?.contains { isValid(value, by: $0) } == true
        case "minimum": return value.doubleValue.map { $0 >= limit.doubleValue ?? 0 } ?? true
        case "maximum": return value.doubleValue.map { $0 <= limit.doubleValue ?? 0 } ?? true
        case "maxLength": return value.stringValue.map { $0.unicodeScalars.count <= limit.intValue ?? 0 } ?? true
        case "items": return value.arrayValue?.allSatisfy { isValid($0, by: limit) } ?? true
        case "minItems": return value.arrayValue.map { $0.count >= limit.intValue ?? 0 } ?? true
        case "maxItems": return value.arrayValue.map { $0.count <= limit.intValue ?? 0 } ?? true
        case "required":
            guard let object = value.objectValue else { return true }
            return limit.arrayValue?.allSatisfy { object.contains(key: $0.stringValue ?? "") } == true
        case "properties":
            return value.objectValue?.allSatisfy { key, member in
                limit[key].map { isValid(member, by: $0) } ?? (schema["additionalProperties"] != false)
            } ?? true
        case "additionalProperties": return true
        default: return false
        }
    }

    private static func isOfType(_ value: JSONValue, _ type: String) -> Bool {
        switch type {
        case "null": value.isNull
        case "boolean": value.boolValue != nil
        case "string": value.stringValue != nil
        case "integer": value.intValue != nil
        case "array": value.arrayValue != nil
        case "object": value.objectValue != nil
        default: false
        }
    }
}
