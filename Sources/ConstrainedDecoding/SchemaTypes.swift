internal import JSON

/// Schemas of one or more types, without references and branches.
extension SchemaCompiler {
    mutating func compileFlat(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> GrammarExpression {
        let types = try types(of: schema, place)
        if schema["enum"] != nil || schema["const"] != nil {
            return try compileValues(schema, place)
        }
        let besideExcluded = try typesBesideExcluded(schema, place)
        guard let types = types ?? inferredTypes(schema) ?? besideExcluded else { return json.value }
        var choices: [GrammarExpression] = []
        for type in types {
            choices.append(try compile(type, schema, place))
        }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    func types(of schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> [SchemaType]? {
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

    /// All types where some values are excluded, but those of which too little could be told; nil where none are.
    private func typesBesideExcluded(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> [SchemaType]? {
        guard schema["not"] != nil else { return nil }
        let exclusions = try exclusions(of: schema, place)
        guard exclusions.patterns.isEmpty else { return [.string] }
        return SchemaType.allCases.filter { type in
            type != .integer
                && !([.array, .object].contains(type)
                    && exclusions.values.contains { SchemaType.types(of: $0).contains(type) })
        }
    }

    /// The values and patterns that `not` names.
    func exclusions(of schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> SchemaExclusions {
        guard let excluded = schema["not"] else { return SchemaExclusions() }
        guard let exclusions = SchemaExclusions(excluded) else { throw failure(place, "not", "cannot be enforced") }
        return exclusions
    }

    /// The types that a schema without `type` speaks of; nil if it speaks of none.
    func inferredTypes(_ schema: JSONObject) -> [SchemaType]? {
        let types = [SchemaType.object, .array, .string, .number].filter { type in
            schema.keys.contains(where: type.keywords.contains)
        }
        return types.isEmpty ? nil : types
    }

    private func compileValues(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        .choice(try allowedValues(schema, place).map(JSONGrammar.literal))
    }

    /// The values of `enum` or `const` that fit what stands beside them.
    func allowedValues(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> [JSONValue] {
        var values: [JSONValue] = []
        if let list = schema["enum"] {
            guard let elements = list.arrayValue else { throw failure(place, "enum", "must be an array") }
            values = elements
        }
        if let constant = schema["const"] {
            values = schema["enum"] == nil || values.contains(constant) ? [constant] : []
        }
        if let types = try types(of: schema, place) {
            values = values.filter { !SchemaType.types(of: $0).isDisjoint(with: types) }
        }
        let rest = schema.without("enum").without("const").without("type")
        guard !rest.isEmpty else { return values }
        var automata: [SchemaType: GrammarAutomaton?] = [:]
        let exclusions = try exclusions(of: schema, place)
        let patterns = try exclusions.patterns.map { pattern throws(ConstraintError) in
            let expression = try expression(ofPattern: pattern, isWide: true, place.appending(key: "not"))
            return try StateTable(expression.expression(JSONGrammar.spelled))
        }
        var fitting: [JSONValue] = []
        for value in values where !exclusions.values.contains(where: value.isSame) {
            if !patterns.isEmpty {
                let text = value.stringValue.map(JSONGrammar.escaped)
                guard let text, !patterns.contains(where: { $0.accepts(text) }) else { continue }
            }
            let type = SchemaType(of: value)
            if automata[type] == nil {
                automata[type] = .some(try automaton(of: rest.without("not"), for: type, place))
            }
            if var automaton = automata[type] ?? nil {
                guard automaton.accepts(value.serializedBytes()) else { continue }
                automata[type] = automaton
            }
            fitting.append(value)
        }
        return fitting
    }

    /// What a schema's keywords leave of a type; nil if they leave all.
    private func automaton(
        of schema: JSONObject, for type: SchemaType, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarAutomaton? {
        let keys = SchemaKeywords.general.union(type.keywords)
        var part = JSONObject(schema.filter { keys.contains($0.key) }.map { ($0.key, $0.value) })
        guard !part.isEmpty else { return nil }
        part["type"] = .string(type.rawValue)
        var compiler = SchemaCompiler(document, budget: budget)
        let expression = try compiler.compile(.object(part), place)
        let root = compiler.json.rules.reserve()
        compiler.json.rules.define(root, as: expression)
        return GrammarAutomaton(try Grammar(compiler.json.rules, root: root))
    }

    private mutating func compile(
        _ type: SchemaType, _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let excluded = try exclusions(of: schema, place)
        switch type {
        case .null: return excluded.values.contains(.null) ? .never : json.null
        case .boolean:
            return .choice([true, false].filter { !excluded.values.contains(.bool($0)) }.map { .text("\($0)") })
        case .string: return try compileString(schema, place)
        case .number, .integer: return try compileNumber(schema, isInteger: type == .integer, place)
        case .array, .object:
            guard !excluded.values.contains(where: { SchemaType.types(of: $0).contains(type) }) else {
                throw failure(place, "not", "cannot be enforced for arrays and objects")
            }
            return type == .array ? try compileArray(schema, place) : try compileObject(schema, place)
        }
    }

    /// A count that a keyword gives.
    func count(_ key: String, _ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> Int? {
        guard let value = schema[key] else { return nil }
        guard let number = value.doubleValue, number >= 0, number == number.rounded() else {
            throw failure(place, key, "must be a whole number of at least 0")
        }
        return value.intValue ?? .max
    }
}

extension GrammarAutomaton {
    /// Whether the whole text is of the grammar.
    mutating func accepts(_ bytes: some Sequence<UInt8>) -> Bool {
        var state = start
        for byte in bytes {
            state = next(state, byte)
        }
        return isAccepting(state)
    }
}
