internal import JSON

/// Strings of a schema.
extension SchemaCompiler {
    /// No output is that long: a larger minimum is refused.
    private static let minimumLimit = 1_000_000

    mutating func compileString(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard Self.limitsStrings(schema) else {
            let values = try exclusions(of: schema, place).values.compactMap(\.stringValue)
            return values.isEmpty ? json.string : json.string(except: values)
        }
        return json.rules.add(
            JSONGrammar.quoted(
                try compileCharacters(schema, place, any: json.character, spelling: JSONGrammar.spelled)))
    }

    /// Whether a schema asks for more than any string but some.
    static func limitsStrings(_ schema: JSONObject) -> Bool {
        ["minLength", "maxLength", "pattern", "format"].contains { schema[$0] != nil }
            || !(schema["not"].flatMap(SchemaExclusions.init)?.patterns ?? []).isEmpty
    }

    /// The characters of a string: any of them where only their number counts, or as an expression asks for them.
    func compileCharacters(
        _ schema: JSONObject, _ place: JSONPath, any character: GrammarExpression,
        spelling: (ScalarClass) -> GrammarExpression
    ) throws(ConstraintError) -> GrammarExpression {
        let minimum = try count("minLength", schema, place) ?? 0
        let maximum = try count("maxLength", schema, place)
        guard minimum <= Self.minimumLimit else {
            throw failure(place, "minLength", "is larger than the \(Self.minimumLimit) that are supported")
        }
        if let maximum, maximum < minimum { return .never }
        let exclusions = try exclusions(of: schema, place)
        let excluded = exclusions.values.compactMap(\.stringValue)
        var required = try expressions(of: schema, place)
        if required.isEmpty && exclusions.patterns.isEmpty && excluded.isEmpty {
            return .repeated(character, minimum: minimum, maximum: maximum)
        }
        let implied = required.contains { expression in
            let lengths = expression.lengths
            return lengths.minimum >= minimum && (maximum == nil || lengths.maximum.map { $0 <= maximum ?? 0 } ?? false)
        }
        if required.isEmpty || (!implied && (minimum > 0 || maximum != nil)) {
            required.append(.repeated(.scalars(.all), minimum: minimum, maximum: maximum))
        }
        if required.count == 1, exclusions.patterns.isEmpty, excluded.isEmpty {
            return required[0].expression(spelling)
        }
        var taken = excluded.map { text in
            GrammarExpression.sequence(text.unicodeScalars.map { spelling(ScalarClass(scalar: $0.value)) })
        }
        for pattern in exclusions.patterns {
            let expression = try expression(ofPattern: pattern, isWide: true, place.appending(key: "not"))
            taken.append(expression.expression(spelling))
        }
        do {
            var table = try StateTable(required[0].expression(spelling))
            for further in required.dropFirst() {
                table = try table.intersection(further.expression(spelling))
            }
            for expression in taken {
                table = try table.subtracting(StateTable(expression))
            }
            try budget.spend(table.states.count / 5, at: place)
            return table.expression
        } catch {
            guard error.place.isEmpty else { throw error }
            let key = ["pattern", "format", "not", "maxLength"].first { schema[$0] != nil } ?? "minLength"
            throw failure(place, key, "is too much together with what else limits the string: \(error.message)")
        }
    }

    /// What `pattern` and `format` ask for.
    private func expressions(
        of schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> [RegularExpression] {
        var expressions: [RegularExpression] = []
        if let pattern = schema["pattern"] {
            guard let text = pattern.stringValue else { throw failure(place, "pattern", "must be a string") }
            expressions.append(try expression(ofPattern: text, place))
        }
        if let format = schema["format"], format.stringValue.map(StringFormats.unlimited.contains) != true {
            guard let name = format.stringValue, let expression = StringFormats.expression(name) else {
                throw failure(
                    place, "format",
                    "must be one of \(StringFormats.names.joined(separator: ", ")); others are not supported")
            }
            expressions.append(expression)
        }
        return expressions
    }

    /// An expression that may be found anywhere in the string; a wide one for strings that are not to have it.
    func expression(
        ofPattern text: String, isWide: Bool = false, _ place: JSONPath
    ) throws(ConstraintError) -> RegularExpression {
        do {
            return try RegularExpression(parsing: text, isWide: isWide).anchored(isSearch: true, isWide: isWide)
        } catch {
            let place = place.appending(key: "pattern")
            throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
        }
    }
}
