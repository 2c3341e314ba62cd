internal import JSON

/// Schemas of one or more types, without references and branches.
extension SchemaCompiler {
    mutating func compileFlat(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> GrammarExpression {
        let types = try types(of: schema, place)
        if schema["enum"] != nil || schema["const"] != nil {
            return try compileValues(schema, types, place)
        }
        guard let types = types ?? inferredTypes(schema) else { return json.value }
        var choices: [GrammarExpression] = []
        for type in types {
            choices.append(try compile(type, schema, place))
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private func types(of schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> [SchemaType]? {
        guard let value = schema["type"] else { return nil }
        var types: [SchemaType] = []
        for element in value.arrayValue ?? [value] {
            guard let name = element.stringValue, let type = SchemaType(rawValue: name) else {
                throw failure(
                    place, "type",
                    "must be one of \(SchemaType.allCases.map(\.rawValue).joined(separator: ", ")), or an array of them"
                )
            }
            if !types.contains(type) {
                types.append(type)
            }
        }
        // Whole numbers are among the numbers.
        return types.contains(.number) ? types.filter { $0 != .integer } : types
    }

    /// The types that a schema without `type` speaks of; nil if it speaks of none.
    private func inferredTypes(_ schema: JSONObject) -> [SchemaType]? {
        let groups: [(Set<String>, SchemaType)] = [
            (SchemaKeywords.object, .object), (SchemaKeywords.array, .array), (SchemaKeywords.string, .string),
            (SchemaKeywords.number, .number),
        ]
        let types = groups.filter { group in schema.keys.contains { group.0.contains($0) } }.map(\.1)
        return types.isEmpty ? nil : types
    }

    private func compileValues(
        _ schema: JSONObject, _ types: [SchemaType]?, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        for key in schema.keys where !["enum", "const", "type"].contains(key) {
            throw failure(place, key, "cannot be combined with 'enum' or 'const'")
        }
        var values: [JSONValue] = []
        if let list = schema["enum"] {
            guard let elements = list.arrayValue else { throw failure(place, "enum", "must be an array") }
            values = elements
        }
        if let constant = schema["const"] {
            values = schema["enum"] == nil || values.contains(constant) ? [constant] : []
        }
        if let types {
            values = values.filter { !SchemaType.types(of: $0).isDisjoint(with: types) }
        }
        return .choice(values.map(JSONGrammar.literal))
    }

    private mutating func compile(
        _ type: SchemaType, _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        switch type {
        case .null: json.null
        case .boolean: json.boolean
        case .string: try compileString(schema, place)
        case .number, .integer: try compileNumber(schema, isInteger: type == .integer, place)
        case .array: try compileArray(schema, place)
        case .object: try compileObject(schema, place)
        }
    }

    /// A count that a keyword gives.
    private func count(_ key: String, _ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> Int? {
        guard let value = schema[key] else { return nil }
        guard let count = value.intValue, count >= 0 else {
            throw failure(place, key, "must be a whole number of at least 0")
        }
        return count
    }
}

extension SchemaCompiler {
    private static let stringLengthLimit = 65_536

    private mutating func compileString(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let minimum = try count("minLength", schema, place) ?? 0
        let maximum = try count("maxLength", schema, place)
        guard schema["pattern"] != nil || schema["format"] != nil else {
            guard minimum > 0 || maximum != nil else { return json.string }
            guard max(minimum, maximum ?? 0) <= Self.stringLengthLimit else {
                let key = minimum > Self.stringLengthLimit ? "minLength" : "maxLength"
                throw failure(place, key, "is larger than the \(Self.stringLengthLimit) that are supported")
            }
            if let maximum, maximum < minimum { return .never }
            return JSONGrammar.quoted(.repeated(json.character, minimum: minimum, maximum: maximum))
        }
        let expression = try stringExpression(schema, place)
        let lengths = expression.lengths
        let key = schema["pattern"] == nil ? "format" : "pattern"
        guard lengths.minimum >= minimum, maximum == nil || lengths.maximum.map({ $0 <= maximum ?? 0 }) ?? false else {
            throw failure(
                place, key, "allows other lengths than 'minLength' and 'maxLength' do; say the length in the pattern")
        }
        return JSONGrammar.quoted(expression.expression(JSONGrammar.spelled))
    }

    private func stringExpression(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> RegularExpression {
        guard let pattern = schema["pattern"] else {
            guard let name = schema["format"]?.stringValue, let expression = StringFormats.expression(name) else {
                throw failure(
                    place, "format",
                    "must be one of \(StringFormats.names.joined(separator: ", ")); others are not supported")
            }
            return expression
        }
        guard schema["format"] == nil else { throw failure(place, "format", "cannot be combined with 'pattern'") }
        guard let text = pattern.stringValue else { throw failure(place, "pattern", "must be a string") }
        do {
            return try RegularExpression(parsing: text).anchored(isSearch: true)
        } catch {
            let place = place.appending(key: "pattern")
            throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
        }
    }
}

extension SchemaCompiler {
    private static let arrayCountLimit = 10_000

    private mutating func compileArray(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        if let unique = schema["uniqueItems"], unique != .bool(false) {
            throw failure(place, "uniqueItems", "cannot be enforced; it is not supported")
        }
        let minimum = try count("minItems", schema, place) ?? 0
        let maximum = try count("maxItems", schema, place) ?? Int.max
        for (key, limit) in [("minItems", minimum), ("maxItems", maximum)]
        where limit > Self.arrayCountLimit && limit != Int.max {
            throw failure(place, key, "is larger than the \(Self.arrayCountLimit) that are supported")
        }
        let isOldTuple = schema["items"]?.arrayValue != nil
        let prefixKey = isOldTuple ? "items" : "prefixItems"
        let restKey = isOldTuple ? "additionalItems" : "items"
        guard let prefix = (schema[prefixKey] ?? []).arrayValue else {
            throw failure(place, prefixKey, "must be an array")
        }
        var elements: [GrammarExpression] = []
        for (index, element) in prefix.enumerated() {
            elements.append(try compile(element, place.appending(key: prefixKey).appending(index: index)))
        }
        let rest = schema[restKey] ?? .bool(prefix.isEmpty || minimum > prefix.count)
        let further = try compile(rest, place.appending(key: restKey))
        guard minimum <= maximum else { return .never }
        return json.bracketed("[", list(elements, further, minimum, maximum), "]")
    }

    /// Between `minimum` and `maximum` elements, the first ones by place.
    private mutating func list(
        _ prefix: [GrammarExpression], _ further: GrammarExpression, _ minimum: Int, _ maximum: Int
    ) -> GrammarExpression {
        let separator = json.separator
        func isOptional(_ count: Int, _ expression: GrammarExpression) -> GrammarExpression {
            count >= minimum ? .optional(expression) : expression
        }
        let first = max(1, prefix.count)
        var tail = GrammarExpression.repeated(
            .sequence([separator, further]), minimum: max(0, minimum - first),
            maximum: maximum == Int.max ? nil : max(0, maximum - first))
        for index in prefix.indices.dropFirst().reversed() {
            tail = index >= maximum ? .empty : isOptional(index, .sequence([separator, prefix[index], tail]))
        }
        guard maximum > 0 else { return .empty }
        return isOptional(0, .sequence([prefix.first ?? further, tail]))
    }
}

extension SchemaCompiler {
    private mutating func compileObject(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard var properties = (schema["properties"] ?? [:]).objectValue else {
            throw failure(place, "properties", "must be an object")
        }
        let required = try requiredNames(schema, place)
        let additional = schema["additionalProperties"] ?? .bool(properties.isEmpty)
        for name in required where !properties.contains(key: name) {
            properties[name] = schema["additionalProperties"] ?? .bool(true)
        }
        try checkCounts(schema, properties, required, allowsMore: additional != .bool(false), place)
        var members: [GrammarExpression.Item] = []
        for (name, value) in properties {
            let compiled = try compile(value, place.appending(key: "properties").appending(key: name))
            let member = json.member(JSONGrammar.literal(.string(name)), compiled)
            members.append(.init(expression: member, isRequired: required.contains(name)))
        }
        guard additional != .bool(false) else { return json.object(members, extra: nil) }
        let key = properties.isEmpty ? json.string : json.key(except: Array(properties.keys))
        let value = try compile(additional, place.appending(key: "additionalProperties"))
        return json.object(members, extra: json.member(key, value))
    }

    private func requiredNames(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> Set<String> {
        guard let value = schema["required"] else { return [] }
        guard let elements = value.arrayValue else { throw failure(place, "required", "must be an array") }
        var names: Set<String> = []
        for element in elements {
            guard let name = element.stringValue else { throw failure(place, "required", "must hold strings") }
            names.insert(name)
        }
        return names
    }

    private func checkCounts(
        _ schema: JSONObject, _ properties: JSONObject, _ required: Set<String>, allowsMore: Bool, _ place: JSONPath
    ) throws(ConstraintError) {
        if let minimum = try count("minProperties", schema, place), minimum > required.count {
            throw failure(place, "minProperties", "cannot be enforced beyond the number of required properties")
        }
        if let maximum = try count("maxProperties", schema, place), allowsMore || maximum < properties.count {
            throw failure(place, "maxProperties", "cannot be enforced below the number of declared properties")
        }
    }
}
