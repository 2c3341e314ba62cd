internal import JSON

/// From a JSON Schema to the grammar of texts that are valid by it.
///
/// What it writes is always valid; some valid texts it never writes: members come in the order in which they are declared,
/// and undeclared ones only where the schema asks for them. What it cannot hold a text to, it refuses by name.
struct SchemaCompiler {
    private static let depthLimit = 64
    private static let resolutionLimit = 64

    let document: JSONValue
    let budget: SchemaBudget
    var json = JSONGrammar()
    private var references: [String: RuleID] = [:]
    private var depth = 0

    /// All who compile parts of the same document share a budget.
    init(_ document: JSONValue, budget: SchemaBudget = SchemaBudget()) {
        self.document = document
        self.budget = budget
    }

    /// The rules, and the one for the whole text.
    static func compile(_ schema: JSONValue) throws(ConstraintError) -> (rules: GrammarRules, root: RuleID) {
        var compiler = SchemaCompiler(schema)
        let root = try compiler.rule(forReference: "#", place: JSONPath())
        return (compiler.json.rules, root)
    }

    func failure(_ place: JSONPath, _ message: String) -> ConstraintError {
        ConstraintError(place: place.description, message: message)
    }

    func failure(_ place: JSONPath, _ key: String, _ what: String) -> ConstraintError {
        let place = place.appending(key: key)
        return ConstraintError(place: place.description, message: "'\(place)' \(what).")
    }
}

extension SchemaCompiler {
    /// The expression of a schema, as a rule of its own where it is no mere word.
    mutating func compile(_ schema: JSONValue, _ place: JSONPath) throws(ConstraintError) -> GrammarExpression {
        try budget.spend(1, at: place)
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.depthLimit else {
            throw failure(place, "The schema nests deeper than \(Self.depthLimit) levels at '\(place)'.")
        }
        switch schema {
        case .bool(true): return json.value
        case .bool(false): return .never
        case .object(let object):
            let expression = try compile(object, place)
            if case .rule = expression { return expression }
            return json.rules.add(expression)
        default:
            throw failure(place, "A schema must be an object or a boolean; '\(place)' is \(schema.kind).")
        }
    }

    private mutating func compile(_ object: JSONObject, _ place: JSONPath) throws(ConstraintError) -> GrammarExpression
    {
        var schema = SchemaKeywords.withoutAnnotations(object)
        try refuseUnknown(schema, place)
        if schema.count == 1, let reference = schema["$ref"] {
            return .rule(try rule(forReference: text(of: reference, place), place: place))
        }
        schema = try resolved(schema, place)
        if let branches = try branches("anyOf", of: schema, place) {
            return try choice(of: branches, beside: schema, without: "anyOf", place)
        }
        if let branches = try branches("oneOf", of: schema, place) {
            return try choice(
                of: exclusive(branches, beside: schema.without("oneOf"), place), beside: schema, without: "oneOf", place
            )
        }
        return try compileFlat(schema, place)
    }

    func refuseUnknown(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) {
        for key in schema.keys where !SchemaKeywords.known.contains(key) {
            throw failure(place, key, "is a keyword that cannot be enforced; it is not supported")
        }
    }

    /// The branches of `oneOf`, each of which excludes what fits another one too.
    private func exclusive(
        _ branches: [JSONObject], beside schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> [JSONObject] {
        var full: [JSONObject] = []
        for branch in branches {
            full.append(try resolved(merging(schema, .object(branch), place), place))
        }
        var result: [JSONObject] = []
        for (index, branch) in branches.enumerated() {
            var parts: [JSONValue] = [.object(branch)]
            for (other, opposite) in full.enumerated()
            where other != index && !SchemaDisjointness.areDisjoint([full[index], opposite]) {
                do {
                    parts.append(try negation(of: .object(branches[other]), place))
                } catch {
                    throw failure(
                        place, "oneOf",
                        "has branches that a value may fit together, and what tells them apart cannot be enforced; use "
                            + "'anyOf', or give each branch its own type or a required property with its own 'const'")
                }
            }
            result.append(parts.count == 1 ? branch : ["allOf": .array(parts)])
        }
        return result
    }

    /// The schema without `$ref`, `allOf` and conditions: what they ask for is in it.
    func resolved(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> JSONObject {
        var result = schema
        for _ in 0..<Self.resolutionLimit {
            result = try withoutConditions(result, place)
            guard result["$ref"] != nil || result["allOf"] != nil else { return result }
            var parts: [JSONValue] = []
            if let reference = result["$ref"] {
                parts.append(try target(of: text(of: reference, place), place))
            }
            if let all = result["allOf"] {
                guard let members = all.arrayValue else { throw failure(place, "allOf", "must be an array") }
                parts += members
            }
            result["$ref"] = nil
            result["allOf"] = nil
            for part in parts {
                result = try merging(result, part, place)
            }
        }
        throw failure(place, "The schema at '\(place)' refers to itself too deeply.")
    }

    /// Both schemas; what they refer to and what is in their `allOf` becomes the result's `allOf`.
    func merging(
        _ left: JSONObject, _ right: JSONValue, _ place: JSONPath
    ) throws(ConstraintError) -> JSONObject {
        try budget.spend(1, at: place)
        let rightObject: JSONObject
        switch right {
        case .bool(true): return left
        case .bool(false): return ["enum": []]
        case .object(let object):
            let plain = SchemaKeywords.withoutAnnotations(object)
            try refuseUnknown(plain, place)
            rightObject = try withoutConditions(plain, place)
        default: throw failure(place, "A schema must be an object or a boolean; one at '\(place)' is \(right.kind).")
        }
        var open: [JSONValue] = []
        for object in [left, rightObject] {
            if let reference = object["$ref"] {
                open.append(try target(of: text(of: reference, place), place))
            }
            if let all = object["allOf"] {
                guard let members = all.arrayValue else { throw failure(place, "allOf", "must be an array") }
                open += members
            }
        }
        var result = try SchemaMerging(place: place).merged(
            left.without("$ref").without("allOf"), rightObject.without("$ref").without("allOf"))
        if !open.isEmpty {
            result["allOf"] = .array(open)
        }
        return result
    }

    func branches(
        _ key: String, of schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> [JSONObject]? {
        guard let value = schema[key] else { return nil }
        guard let elements = value.arrayValue, !elements.isEmpty else {
            throw failure(place, key, "must be an array that is not empty")
        }
        var branches: [JSONObject] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .bool(true): branches.append([:])
            case .bool(false): branches.append(["enum": []])
            case .object(let object):
                let plain = SchemaKeywords.withoutAnnotations(object)
                try refuseUnknown(plain, place.appending(key: key).appending(index: index))
                branches.append(plain)
            default: throw failure(place, key, "must hold schemas")
            }
        }
        return branches
    }

    private mutating func choice(
        of branches: [JSONObject], beside schema: JSONObject, without key: String, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let base = schema.without(key)
        var choices: [GrammarExpression] = []
        for (index, branch) in branches.enumerated() {
            let merged = base.isEmpty ? branch : try merging(base, .object(branch), place)
            choices.append(
                try compile(.object(merged), place.appending(key: key).appending(index: index)))
        }
        return .choice(choices)
    }
}

extension SchemaCompiler {
    func text(of reference: JSONValue, _ place: JSONPath) throws(ConstraintError) -> String {
        guard let text = reference.stringValue else { throw failure(place, "$ref", "must be a string") }
        return text
    }

    /// The rule of what a reference points to.
    private mutating func rule(forReference reference: String, place: JSONPath) throws(ConstraintError) -> RuleID {
        if let rule = references[reference] {
            return rule
        }
        let target = try target(of: reference, place)
        let rule = json.rules.reserve()
        references[reference] = rule
        json.rules.define(rule, as: try compile(target, self.place(of: reference)))
        return rule
    }

    private func place(of reference: String) -> JSONPath {
        JSONPath(reference.split(separator: "/").dropFirst().map { .key(Self.unescaped($0)) })
    }

    private static func unescaped(_ step: Substring) -> String {
        let text = String(step).replacing("~1", with: "/").replacing("~0", with: "~")
        return percentDecoded(text)
    }

    private static func percentDecoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What a JSON pointer into the document leads to.
    func target(of reference: String, _ place: JSONPath) throws(ConstraintError) -> JSONValue {
        guard reference == "#" || reference.hasPrefix("#/") else {
            throw failure(
                place, "$ref", "is '\(reference.prefix(80))'; only references into the same schema, '#/…', work")
        }
        var value = document
        for step in reference.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = Self.unescaped(step)
            guard let next = value[key] ?? Int(key).flatMap({ value[$0] }) else {
                throw failure(place, "$ref", "is '\(reference.prefix(80))', which leads to nothing")
            }
            value = next
        }
        return value
    }
}

extension JSONObject {
    func without(_ key: String) -> JSONObject {
        var copy = self
        copy[key] = nil
        return copy
    }
}
