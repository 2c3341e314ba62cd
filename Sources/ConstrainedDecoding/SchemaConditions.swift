internal import JSON

/// Writes conditions as choices: `if`, `not` and what depends on a property become `anyOf`.
extension SchemaCompiler {
    private static let conditionals: Set<String> = [
        "if", "then", "else", "not", "dependentRequired", "dependentSchemas", "dependencies",
    ]

    /// The schema with its conditions in its `allOf`, as choices.
    func withoutConditions(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> JSONObject {
        guard schema.keys.contains(where: Self.conditionals.contains) else { return schema }
        var result = schema
        var choices: [JSONValue] = []
        if let condition = schema["if"] {
            if schema["then"] != nil || schema["else"] != nil {
                choices.append([
                    "anyOf": [
                        ["allOf": [condition, schema["then"] ?? .bool(true)]],
                        ["allOf": [["not": condition], schema["else"] ?? .bool(true)]],
                    ]
                ])
            }
        }
        if let excluded = schema["not"], SchemaExclusions(excluded) == nil {
            choices.append(try negation(of: excluded, place.appending(key: "not")))
            result["not"] = nil
        }
        for key in ["dependentRequired", "dependentSchemas", "dependencies"] {
            choices += try dependencies(key, schema, place)
        }
        for key in Self.conditionals where key != "not" {
            result[key] = nil
        }
        if !choices.isEmpty {
            guard let present = (result["allOf"] ?? []).arrayValue else {
                throw failure(place, "allOf", "must be an array")
            }
            result["allOf"] = .array(present + choices)
        }
        return result
    }

    private func dependencies(
        _ key: String, _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> [JSONValue] {
        guard let value = schema[key] else { return [] }
        guard let entries = value.objectValue else { throw failure(place, key, "must be an object") }
        var choices: [JSONValue] = []
        for (name, consequence) in entries {
            let isPresent: JSONValue
            switch consequence {
            case .array(let names) where key != "dependentSchemas":
                isPresent = ["required": .array([.string(name)] + names)]
            case .object, .bool:
                guard key != "dependentRequired" else { fallthrough }
                isPresent = ["allOf": [["required": [.string(name)]], consequence]]
            default: throw failure(place.appending(key: key), name, "must be \(Self.kind(of: key))")
            }
            choices.append(["anyOf": [["properties": [name: false]], isPresent]])
        }
        return choices
    }

    private static func kind(of key: String) -> String {
        switch key {
        case "dependentRequired": "an array of names"
        case "dependentSchemas": "a schema"
        default: "an array of names or a schema"
        }
    }
}
