internal import JSON

/// Makes of what a value must not be what it may be instead.
///
/// A schema's negation is a choice: a value need only break one of the keywords. What is left of `not` are values and
/// patterns, which are taken out of what is written.
extension SchemaCompiler {
    private static let negationDepthLimit = 16

    /// The schema of all values that are not valid by another.
    func negation(
        of schema: JSONValue, _ place: JSONPath, depth: Int = 0
    ) throws(ConstraintError) -> JSONValue {
        try budget.spend(1, at: place)
        guard depth <= Self.negationDepthLimit else {
            throw failure(place, "The schema at '\(place)' negates too deep a schema.")
        }
        switch schema {
        case .bool(let accepts): return .bool(!accepts)
        case .object(let object):
            var plain = SchemaKeywords.withoutAnnotations(object)
            try refuseUnknown(plain, place)
            plain = try withoutConditions(plain, place)
            var choices: [JSONValue] = []
            for (key, value) in plain {
                choices.append(try negation(of: key, value, in: plain, place, depth))
            }
            return choices.count == 1 ? choices[0] : choices.isEmpty ? .bool(false) : ["anyOf": .array(choices)]
        default:
            throw failure(place, "A schema must be an object or a boolean; '\(place)' is \(schema.kind).")
        }
    }

    private func negation(
        of key: String, _ value: JSONValue, in schema: JSONObject, _ place: JSONPath, _ depth: Int
    ) throws(ConstraintError) -> JSONValue {
        switch key {
        case "type": return try otherTypes(schema, place)
        case "enum": return ["not": ["enum": value]]
        case "const": return ["not": ["enum": [value]]]
        case "pattern": return ["type": "string", "not": ["pattern": value]]
        case "not": return value
        case "$ref":
            return try negation(of: target(of: text(of: value, place), place), place, depth: depth + 1)
        case "anyOf": return ["allOf": .array(try negations(key, value, place, depth))]
        case "allOf": return ["anyOf": .array(try negations(key, value, place, depth))]
        case "required":
            let names = try requiredNames(schema, place).sorted()
            return choice(names.map { ["type": "object", "properties": [$0: false]] })
        case "properties":
            guard let properties = value.objectValue else { throw failure(place, key, "must be an object") }
            return choice(
                properties.map { name, schema in
                    ["type": "object", "required": [.string(name)], "properties": [name: ["not": schema]]]
                })
        case "items":
            guard schema["prefixItems"] == nil, value.arrayValue == nil else { break }
            return ["type": "array", "contains": ["not": value]]
        case "minimum": return ["type": "number", "exclusiveMaximum": value]
        case "exclusiveMinimum": return ["type": "number", "maximum": value]
        case "maximum": return ["type": "number", "exclusiveMinimum": value]
        case "exclusiveMaximum": return ["type": "number", "minimum": value]
        case "minLength", "minItems", "minProperties":
            let limit = try count(key, schema, place) ?? 0
            guard limit > 0 else { return .bool(false) }
            return ["type": .string(Self.sizedType(key)), key.replacing("min", with: "max"): .number(limit - 1)]
        case "maxLength", "maxItems", "maxProperties":
            let limit = try count(key, schema, place) ?? 0
            return ["type": .string(Self.sizedType(key)), key.replacing("max", with: "min"): .number(limit + 1)]
        default: break
        }
        throw failure(place, key, "cannot be enforced inside 'not', 'if' or an overlapping 'oneOf'")
    }

    private func choice(_ choices: [JSONValue]) -> JSONValue {
        choices.count == 1 ? choices[0] : choices.isEmpty ? .bool(false) : ["anyOf": .array(choices)]
    }

    private func negations(
        _ key: String, _ value: JSONValue, _ place: JSONPath, _ depth: Int
    ) throws(ConstraintError) -> [JSONValue] {
        guard let members = value.arrayValue else { throw failure(place, key, "must be an array") }
        var negations: [JSONValue] = []
        for member in members {
            negations.append(try negation(of: member, place, depth: depth + 1))
        }
        return negations
    }

    private static func sizedType(_ key: String) -> String {
        key.hasSuffix("Length") ? "string" : key.hasSuffix("Items") ? "array" : "object"
    }

    /// Every type that is not named. Numbers are left out where only whole ones are excluded.
    private func otherTypes(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> JSONValue {
        let named = Set(try types(of: schema, place) ?? [])
        let others = SchemaType.allCases.filter { type in
            type != .integer && !named.contains(type) && !(type == .number && named.contains(.integer))
        }
        return others.isEmpty ? .bool(false) : ["type": .array(others.map { .string($0.rawValue) })]
    }
}

/// What `not` still names when it has been taken apart.
struct SchemaExclusions {
    var values: [JSONValue] = []
    var patterns: [String] = []

    /// Nil if the schema under `not` is of another kind.
    init?(_ schema: JSONValue) {
        guard let object = schema.objectValue, object.count == 1 else { return nil }
        if let values = object["enum"]?.arrayValue {
            self.values = values
        } else if let pattern = object["pattern"]?.stringValue {
            patterns = [pattern]
        } else if let choices = object["anyOf"]?.arrayValue {
            for choice in choices {
                guard let part = SchemaExclusions(choice) else { return nil }
                values += part.values
                patterns += part.patterns
            }
        } else {
            return nil
        }
    }

    init() {}
}
