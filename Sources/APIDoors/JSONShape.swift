package import JSON

/// What a part of a reply looks like, for its description: a JSON Schema in few words.
package indirect enum JSONShape: Sendable, ExpressibleByDictionaryLiteral {
    case string, integer, number, boolean, anything
    case array(JSONShape)
    case object([(key: String, value: JSONShape)])
    /// May be null.
    case nullable(JSONShape)
    /// A member that may be absent.
    case optional(JSONShape)
    case either([JSONShape])

    package init(dictionaryLiteral members: (String, JSONShape)...) {
        self = .object(members.map { (key: $0.0, value: $0.1) })
    }

    /// An object with further members.
    package func with(_ further: JSONShape) -> JSONShape {
        guard case .object(let members) = self, case .object(let others) = further else { return self }
        return .object(members + others)
    }

    package var schema: JSONValue {
        switch self {
        case .anything: [:]
        case .string: ["type": "string"]
        case .integer: ["type": "integer"]
        case .number: ["type": "number"]
        case .boolean: ["type": "boolean"]
        case .array(let element): ["type": "array", "items": element.schema]
        case .nullable(let shape): ["anyOf": [shape.schema, ["type": "null"]]]
        case .optional(let shape): shape.schema
        case .either(let shapes): ["anyOf": .array(shapes.map(\.schema))]
        case .object(let members): Self.schema(of: members)
        }
    }

    private static func schema(of members: [(key: String, value: JSONShape)]) -> JSONValue {
        var properties: JSONObject = [:]
        var required: [JSONValue] = []
        for (key, shape) in members {
            properties[key] = shape.schema
            if case .optional = shape { continue }
            required.append(.string(key))
        }
        return ["type": "object", "properties": .object(properties), "required": .array(required)]
    }

    /// `warnings`, as a reply may have them.
    package static let warnings: JSONShape = [
        "warnings": .optional(.array(["param": .string, "message": .string]))
    ]
}
