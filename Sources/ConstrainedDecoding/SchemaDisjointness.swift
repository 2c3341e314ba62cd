internal import JSON

/// Finds out whether no value can be valid by two schemas.
enum SchemaDisjointness {
    /// Whether every two of the schemas provably share no value.
    static func areDisjoint(_ schemas: [JSONObject]) -> Bool {
        for (index, schema) in schemas.enumerated() {
            for other in schemas[(index + 1)...] where !areDisjoint(schema, other) {
                return false
            }
        }
        return true
    }

    private static func areDisjoint(_ left: JSONObject, _ right: JSONObject) -> Bool {
        if types(of: left).isDisjoint(with: types(of: right)) {
            return true
        }
        if let values = values(of: left), let others = self.values(of: right), !overlap(values, others) {
            return true
        }
        guard types(of: left) == [.object], types(of: right) == [.object] else { return false }
        let required = Set(names(left["required"])).intersection(names(right["required"]))
        return required.contains { name in
            guard let property = left["properties"]?[name]?.objectValue,
                let other = right["properties"]?[name]?.objectValue
            else { return false }
            guard property["$ref"] == nil, other["$ref"] == nil else { return false }
            return areDisjoint(property, other)
        }
    }

    /// The types that a schema allows. An integer is a number too.
    private static func types(of schema: JSONObject) -> Set<SchemaType> {
        if let values = values(of: schema) {
            return values.reduce(into: []) { $0.formUnion(SchemaType.types(of: $1)) }
        }
        guard let type = schema["type"] else { return Set(SchemaType.allCases) }
        var types = Set((type.arrayValue ?? [type]).compactMap { $0.stringValue.flatMap(SchemaType.init) })
        if types.contains(.number) {
            types.insert(.integer)
        }
        if types.contains(.integer) {
            types.insert(.number)
        }
        return types
    }

    private static func values(of schema: JSONObject) -> [JSONValue]? {
        schema["const"].map { [$0] } ?? schema["enum"]?.arrayValue
    }

    /// Numbers are equal by value, not by spelling.
    private static func overlap(_ left: [JSONValue], _ right: [JSONValue]) -> Bool {
        left.contains { value in
            right.contains { other in
                value == other || isComposite(value)
                    || (value.doubleValue != nil && value.doubleValue == other.doubleValue)
            }
        }
    }

    private static func isComposite(_ value: JSONValue) -> Bool {
        value.arrayValue != nil || value.objectValue != nil
    }

    private static func names(_ value: JSONValue?) -> [String] {
        (value?.arrayValue ?? []).compactMap(\.stringValue)
    }
}
