internal import JSON
internal import Sampling

/// Arguments as elements, `<parameter=name>` to `</parameter>`, a parameter each.
///
/// Parameters come in the order in which they are declared, and undeclared ones only where none is. Strings stand as they
/// are, everything else is JSON; so is a parameter that is a string in some branches only.
extension SchemaCompiler {
    static let parameterEnd = "</parameter>"
    static let branchDepthLimit = 2

    /// The rules of the elements of an object that is valid by the schema, and the one for all of them.
    static func compileElements(_ schema: JSONValue) throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        var compiler = SchemaCompiler(schema)
        let root = compiler.json.rules.reserve()
        guard let object = schema.objectValue else {
            throw compiler.failure(JSONPath(), "A schema of arguments must be an object, not \(schema.kind).")
        }
        let spellings = Self.spellings(of: schema)
        let elements = try compiler.elements(SchemaKeywords.withoutAnnotations(object), spellings, JSONPath())
        compiler.json.rules.define(root, as: elements)
        return (compiler.json.rules, root)
    }

    private mutating func elements(
        _ object: JSONObject, _ spellings: [String: ParameterSpelling], _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard place.steps.count <= 2 * Self.branchDepthLimit else {
            throw failure(place, "The branches of the arguments nest deeper than \(Self.branchDepthLimit) levels.")
        }
        try refuseUnknown(object, place)
        let schema = try resolved(object, place)
        guard let branches = try branches("anyOf", of: schema, place) else {
            return try flatElements(schema, spellings, place)
        }
        var choices: [GrammarExpression] = []
        for (index, branch) in branches.enumerated() {
            let whole = try merging(schema.without("anyOf"), .object(branch), place)
            choices.append(try elements(whole, spellings, place.appending(key: "anyOf").appending(index: index)))
        }
        return .choice(choices)
    }

    private mutating func flatElements(
        _ schema: JSONObject, _ spellings: [String: ParameterSpelling], _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        for key in ["oneOf", "enum", "const", "not", "patternProperties", "propertyNames"] where schema[key] != nil {
            throw failure(place, key, "cannot be enforced for arguments that are written as elements")
        }
        guard var properties = (schema["properties"] ?? [:]).objectValue else {
            throw failure(place, "properties", "must be an object")
        }
        let required = try requiredNames(schema, place)
        let additional = schema["additionalProperties"] ?? .bool(properties.isEmpty)
        let mayHaveOthers = properties.isEmpty && required.isEmpty && additional != .bool(false)
        for name in required where !properties.contains(key: name) {
            properties[name] = additional
        }
        try checkCounts(schema, properties.count, required.count, allowsMore: mayHaveOthers, place)
        var items: [GrammarExpression.Item] = []
        for (name, value) in properties {
            let place = place.appending(key: "properties").appending(key: name)
            guard !name.contains(where: { $0 == ">" || $0 == "\n" }) else {
                throw failure(place, "The name of '\(place)' cannot stand in a tag.")
            }
            let text = spellings[name] == .json ? try compile(value, place) : try elementText(value, place)
            let element = Self.element(.text(name), text)
            items.append(.init(expression: element, isRequired: required.contains(name)))
        }
        guard mayHaveOthers else { return .joined(items, separator: .empty, extra: nil) }
        let letter = GrammarExpression.anyOf("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
        let letterOrDigit = GrammarExpression.choice([letter, JSONGrammar.digit])
        let name = GrammarExpression.sequence([letter, .repeated(letterOrDigit, minimum: 0, maximum: 63)])
        let value = try compile(additional, place.appending(key: "additionalProperties"))
        return .joined([], separator: .empty, extra: Self.element(name, value))
    }

    private func checkCounts(
        _ schema: JSONObject, _ declaredCount: Int, _ requiredCount: Int, allowsMore: Bool, _ place: JSONPath
    ) throws(ConstraintError) {
        if let minimum = try count("minProperties", schema, place), minimum > requiredCount {
            throw failure(place, "minProperties", "cannot be enforced beyond the number of required parameters")
        }
        if let maximum = try count("maxProperties", schema, place), allowsMore || maximum < declaredCount {
            throw failure(place, "maxProperties", "cannot be enforced below the number of declared parameters")
        }
    }

    private static func element(_ name: GrammarExpression, _ text: GrammarExpression) -> GrammarExpression {
        .sequence([.text("<parameter="), name, .text(">\n"), text, .text("\n\(parameterEnd)\n")])
    }

    private mutating func elementText(
        _ schema: JSONValue, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard let object = schema.objectValue, let spelling = ElementSpelling(object, in: self) else {
            return try compile(schema, place)
        }
        try refuseUnknown(SchemaKeywords.withoutAnnotations(object), place)
        try refuseUnknown(spelling.strings, place)
        let text = try self.text(spelling.strings, place)
        return spelling.kind == .textOrNull ? .choice([text, .text("null")]) : text
    }

    /// A string without quotes. It never holds the tag that ends it.
    private mutating func text(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> GrammarExpression {
        if schema["enum"] != nil || schema["const"] != nil {
            let values = try allowedValues(schema, place).compactMap(\.stringValue)
            guard !values.contains(where: { $0.contains(Self.parameterEnd) }) else {
                throw failure(place, schema["enum"] == nil ? "const" : "enum", "holds the tag that ends a parameter")
            }
            return .choice(values.map(GrammarExpression.text))
        }
        let excludesSome = try !exclusions(of: schema, place).values.isEmpty
        guard excludesSome || Self.limitsStrings(schema) else { return anyText }
        let others = ScalarClass("<").inverted
        return try compileCharacters(schema, place, any: others.expression) { scalars in
            scalars.intersection(others).expression
        }
    }

    /// Any text that does not hold the tag that ends a parameter: a state for each beginning of it.
    private var anyText: GrammarExpression {
        mutating get {
            let tag = Array(Self.parameterEnd.unicodeScalars.map(\.value))
            let states = tag.map { _ in json.rules.reserve() }
            for (index, scalar) in tag.enumerated() {
                // The tag's first scalar is in it once: whatever comes, at most one scalar of a new beginning stands.
                var choices: [GrammarExpression] = [
                    .empty,
                    .sequence([ScalarClass([scalar, tag[0]].map { $0...$0 }).inverted.expression, .rule(states[0])]),
                ]
                if index > 0 {
                    choices.append(.sequence([ScalarClass(scalar: tag[0]).expression, .rule(states[1])]))
                }
                if index + 1 < tag.count {
                    choices.append(.sequence([ScalarClass(scalar: scalar).expression, .rule(states[index + 1])]))
                }
                json.rules.define(states[index], as: .choice(choices))
            }
            return .rule(states[0])
        }
    }
}
