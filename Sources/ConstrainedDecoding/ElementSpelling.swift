internal import JSON
internal import Sampling

/// A schema whose values stand in elements without quotes: strings, and perhaps null.
struct ElementSpelling {
    var kind: ParameterSpelling
    /// The schema of the strings.
    var strings: JSONObject

    /// Nil for a schema of other values.
    init?(_ object: JSONObject, in compiler: SchemaCompiler) {
        let plain = SchemaKeywords.withoutAnnotations(object)
        guard var schema = try? compiler.resolved(plain, JSONPath()) else { return nil }
        var allowsNull = false
        if let branches = try? compiler.branches("anyOf", of: schema, JSONPath()) {
            let others = branches.filter { $0["type"] != "null" }
            guard others.count == 1, branches.count == 2,
                let whole = try? compiler.merging(schema.without("anyOf"), .object(others[0]), JSONPath()),
                let strings = try? compiler.resolved(whole, JSONPath())
            else { return nil }
            allowsNull = true
            schema = strings
        }
        guard schema["anyOf"] == nil, schema["oneOf"] == nil, let types = Self.types(schema, compiler),
            types.contains(.string), types.isSubset(of: [.string, .null])
        else { return nil }
        kind = allowsNull || types.contains(.null) ? .textOrNull : .text
        schema["type"] = "string"
        strings = schema
    }

    private static func types(_ schema: JSONObject, _ compiler: SchemaCompiler) -> Set<SchemaType>? {
        if schema["enum"] != nil || schema["const"] != nil {
            guard let values = try? compiler.allowedValues(schema, JSONPath()) else { return nil }
            return Set(values.flatMap(SchemaType.types(of:)))
        }
        let types = (try? compiler.types(of: schema, JSONPath())) ?? compiler.inferredTypes(schema)
        return types.map { Set($0) }
    }
}

extension SchemaCompiler {
    /// How the parameters are spelled that an object of the schema may have.
    static func spellings(of schema: JSONValue) -> [String: ParameterSpelling] {
        SchemaCompiler(schema).spellings(of: schema.objectValue ?? [:], depth: 0)
    }

    private func spellings(of object: JSONObject, depth: Int) -> [String: ParameterSpelling] {
        var spellings: [String: ParameterSpelling] = [:]
        guard depth <= Self.branchDepthLimit,
            let schema = try? resolved(SchemaKeywords.withoutAnnotations(object), JSONPath())
        else { return [:] }
        for branch in (try? branches("anyOf", of: schema, JSONPath())) ?? [] {
            spellings.merge(self.spellings(of: branch, depth: depth + 1)) { $0 == $1 ? $0 : .json }
        }
        for name in (try? requiredNames(schema, JSONPath())) ?? [] where schema["properties"]?[name] == nil {
            spellings[name] = .json
        }
        for (name, value) in schema["properties"]?.objectValue ?? [:] {
            let spelling = value.objectValue.flatMap { ElementSpelling($0, in: self)?.kind } ?? .json
            spellings[name] = spellings[name] ?? spelling == spelling ? spelling : .json
        }
        return spellings
    }
}
