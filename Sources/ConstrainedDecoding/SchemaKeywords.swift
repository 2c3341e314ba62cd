internal import JSON

/// The keywords of JSON Schema as the compiler knows them.
enum SchemaKeywords {
    /// Keywords that ask for nothing.
    static let annotations: Set<String> = [
        "$schema", "$id", "$anchor", "$comment", "$defs", "definitions", "$vocabulary", "title", "description",
        "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType",
        "contentSchema",
        "discriminator", "externalDocs", "xml",
    ]

    static let object: Set<String> = [
        "properties", "required", "additionalProperties", "minProperties", "maxProperties", "patternProperties",
        "propertyNames",
    ]
    static let array: Set<String> = [
        "items", "prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
        "maxContains",
    ]
    static let string: Set<String> = ["minLength", "maxLength", "pattern", "format"]
    static let number: Set<String> = [
        "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf",
    ]
    static let general: Set<String> = [
        "type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref", "not", "if", "then", "else", "dependentRequired",
        "dependentSchemas", "dependencies",
    ]

    static let known = object.union(array).union(string).union(number).union(general)

    static func isAnnotation(_ key: String) -> Bool {
        annotations.contains(key) || key.hasPrefix("x-")
    }

    /// The keyword's members without annotations.
    static func withoutAnnotations(_ schema: JSONObject) -> JSONObject {
        JSONObject(schema.filter { !isAnnotation($0.key) }.map { ($0.key, $0.value) })
    }
}

/// The types of JSON Schema.
enum SchemaType: String, CaseIterable, Hashable {
    case object, array, string, number, integer, boolean, null

    /// The type of a value; a whole number's is number.
    init(of value: JSONValue) {
        self =
            switch value {
            case .null: .null
            case .bool: .boolean
            case .number: .number
            case .string: .string
            case .array: .array
            case .object: .object
            }
    }

    /// The keywords that speak of this type alone.
    var keywords: Set<String> {
        switch self {
        case .object: SchemaKeywords.object
        case .array: SchemaKeywords.array
        case .string: SchemaKeywords.string
        case .number, .integer: SchemaKeywords.number
        case .boolean, .null: []
        }
    }

    /// The types of a value: a whole number has two.
    static func types(of value: JSONValue) -> Set<SchemaType> {
        switch value {
        case .null: [.null]
        case .bool: [.boolean]
        case .number(let number): isWhole(number) ? [.number, .integer] : [.number]
        case .string: [.string]
        case .array: [.array]
        case .object: [.object]
        }
    }

    private static func isWhole(_ number: JSONNumber) -> Bool {
        number.double.isFinite && number.double == number.double.rounded()
    }
}
