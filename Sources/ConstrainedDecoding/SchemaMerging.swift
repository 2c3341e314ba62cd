internal import JSON

/// Makes of two schemas the one that asks for what both ask for.
struct SchemaMerging {
    private static let branchLimit = 64

    let place: JSONPath

    /// The schema of those values that are of both.
    func merged(_ left: JSONObject, _ right: JSONObject) throws(ConstraintError) -> JSONObject {
        var left = SchemaKeywords.withoutAnnotations(left)
        var right = SchemaKeywords.withoutAnnotations(right)
        try refuseForeignItems(left, right)
        try refuseForeignItems(right, left)
        try refuseForeignProperties(left, right)
        try refuseForeignProperties(right, left)
        try refuseForeignCounts(left, right)
        distributeAdditionalProperties(of: left, to: &right)
        distributeAdditionalProperties(of: right, to: &left)
        var result = left
        if let value = left["const"], let other = right["const"], value != other {
            result["const"] = nil
            right["const"] = nil
            right["enum"] = []
        }
        for (key, value) in right {
            if let present = left[key], present != value {
                result[key] = try merged(key, present, value)
            } else {
                result[key] = value
            }
        }
        return result
    }

    /// What one schema says of members that it does not declare holds for those that only the other declares.
    private func distributeAdditionalProperties(of schema: JSONObject, to other: inout JSONObject) {
        guard let additional = schema["additionalProperties"], additional != .bool(true),
            var properties = other["properties"]?.objectValue
        else { return }
        for key in properties.keys where schema["properties"]?[key] == nil {
            properties[key] = both(properties[key] ?? .bool(true), additional)
        }
        other["properties"] = .object(properties)
    }

    /// `items` speaks of the elements behind its own schema's `prefixItems`, not behind another's.
    private func refuseForeignItems(_ schema: JSONObject, _ other: JSONObject) throws(ConstraintError) {
        guard let prefix = schema["prefixItems"], other["items"] != nil, other["prefixItems"] != prefix else { return }
        throw ConstraintError(
            place: place.appending(key: "items").description,
            message: "'\(place.appending(key: "items"))' cannot be merged with the 'prefixItems' of another schema.")
    }

    /// `additionalProperties` speaks of names that its own schema's patterns do not match.
    private func refuseForeignProperties(_ schema: JSONObject, _ other: JSONObject) throws(ConstraintError) {
        guard let additional = schema["additionalProperties"], additional != .bool(true) else { return }
        let names = (other["properties"]?.objectValue ?? [:]).keys
        let hasForeignNames =
            schema["patternProperties"] != nil && names.contains { schema["properties"]?[$0] == nil }
        let patterns = other["patternProperties"]
        guard hasForeignNames || (patterns != nil && patterns != schema["patternProperties"]) else { return }
        throw conflict("additionalProperties", "cannot be merged with the properties of another schema")
    }

    /// `minContains` and `maxContains` count what their own schema's `contains` asks for.
    private func refuseForeignCounts(_ left: JSONObject, _ right: JSONObject) throws(ConstraintError) {
        guard left["contains"] != nil, right["contains"] != nil else { return }
        for key in ["contains", "minContains", "maxContains"] where left[key] != right[key] {
            throw conflict(key, "stands in two schemas that both hold, and cannot be merged")
        }
    }

    private func conflict(_ key: String, _ what: String) -> ConstraintError {
        ConstraintError(
            place: place.appending(key: key).description, message: "'\(place.appending(key: key))' \(what).")
    }

    private func both(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
        left == right ? left : ["allOf": [left, right]]
    }

    private func merged(
        _ key: String, _ left: JSONValue, _ right: JSONValue
    ) throws(ConstraintError) -> JSONValue {
        switch key {
        case "type": return types(left, right)
        case "enum": return .array((left.arrayValue ?? []).filter { (right.arrayValue ?? []).contains($0) })
        case "required":
            let names = left.arrayValue ?? []
            return .array(names + (right.arrayValue ?? []).filter { !names.contains($0) })
        case "properties", "patternProperties":
            guard var properties = left.objectValue, let others = right.objectValue else { break }
            for (name, schema) in others {
                properties[name] = properties[name].map { both($0, schema) } ?? schema
            }
            return .object(properties)
        case "items", "additionalProperties", "additionalItems", "propertyNames": return both(left, right)
        case "not": return ["anyOf": [left, right]]
        case "uniqueItems": return .bool(left == true || right == true)
        case "minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties":
            return try larger(left, right, key)
        case "maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties":
            return try larger(left, right, key) == left ? right : left
        case "anyOf": return try product(left, right)
        case "multipleOf":
            guard let both = commonMultiple(left, right) else { break }
            return both
        default: break
        }
        throw conflict(key, "stands in two schemas that both hold, and cannot be merged")
    }

    private func commonMultiple(_ left: JSONValue, _ right: JSONValue) -> JSONValue? {
        guard let first = left.intValue, let second = right.intValue, first > 0, second > 0 else { return nil }
        var (divisor, rest) = (first, second)
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest)
        }
        let (multiple, isTooLarge) = (first / divisor).multipliedReportingOverflow(by: second)
        return isTooLarge ? nil : .number(multiple)
    }

    private func types(_ left: JSONValue, _ right: JSONValue) -> JSONValue {
        let all = (left.arrayValue ?? [left]).compactMap(\.stringValue)
        let others = (right.arrayValue ?? [right]).compactMap(\.stringValue)
        var common = all.filter { others.contains($0) || ($0 == "integer" && others.contains("number")) }
        if others.contains("integer") && all.contains("number") && !common.contains("integer") {
            common.append("integer")
        }
        if !(all.contains("number") && others.contains("number")) {
            common.removeAll { $0 == "number" }
        }
        return .array(common.map { .string($0) })
    }

    private func larger(
        _ left: JSONValue, _ right: JSONValue, _ key: String
    ) throws(ConstraintError) -> JSONValue {
        guard let first = left.doubleValue, let second = right.doubleValue else {
            throw ConstraintError(
                place: place.appending(key: key).description,
                message: "'\(place.appending(key: key))' must be a number.")
        }
        return first >= second ? left : right
    }

    private func product(_ left: JSONValue, _ right: JSONValue) throws(ConstraintError) -> JSONValue {
        let all = left.arrayValue ?? []
        let others = right.arrayValue ?? []
        guard all.count * others.count <= Self.branchLimit else {
            throw ConstraintError(
                place: place.description,
                message: "'\(place)' combines more than \(Self.branchLimit) pairs of branches of 'anyOf'.")
        }
        return .array(all.flatMap { first in others.map { both(first, $0) } })
    }
}
