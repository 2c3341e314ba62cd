internal import JSON

/// Objects of a schema.
extension SchemaCompiler {
    /// So many pairs of a member and a count are told apart.
    private static let countLimit = 20_000

    mutating func compileObject(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard var properties = (schema["properties"] ?? [:]).objectValue else {
            throw failure(place, "properties", "must be an object")
        }
        let names = try PropertyNames(schema, self, place)
        try budget.spend(names.size / 5, at: place)
        let required = try requiredNames(schema, place)
        let additional = schema["additionalProperties"] ?? .bool(properties.isEmpty && !names.hasPatterns)
        let requiredInOrder = (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue)
        for name in requiredInOrder where !properties.contains(key: name) {
            properties[name] = names.matches(name) ? .bool(true) : schema["additionalProperties"] ?? .bool(true)
        }
        var members: [GrammarExpression.Item] = []
        for (name, value) in properties {
            let place = place.appending(key: "properties").appending(key: name)
            let whole = names.allows(name) ? names.schema(of: name, beside: value) : .bool(false)
            let member = json.member(JSONGrammar.literal(.string(name)), try compile(whole, place))
            members.append(.init(expression: member, isRequired: required.contains(name)))
        }
        var extras: [GrammarExpression] = []
        for (keys, value, key) in try names.undeclared(Array(properties.keys), additional) {
            if case .states(let table) = keys {
                try budget.spend(table.states.count / 5, at: place)
            }
            let compiled = try compile(value, place.appending(key: key))
            let name = keys.map { json.rules.add(JSONGrammar.quoted($0)) }
            let anyName = properties.isEmpty ? json.string : json.string(except: Array(properties.keys))
            extras.append(json.member(name ?? anyName, compiled))
        }
        let extra = extras.isEmpty ? nil : json.rules.add(.choice(extras))
        let minimum = try count("minProperties", schema, place) ?? 0
        let maximum = try count("maxProperties", schema, place) ?? .max
        guard minimum <= maximum else { return .never }
        let isCounted = minimum > required.count || (maximum != .max && (extra != nil || maximum < members.count))
        guard isCounted else { return json.object(members, extra: extra) }
        let key = minimum > required.count ? "minProperties" : "maxProperties"
        guard minimum <= members.count + 1 || extra == nil else {
            throw failure(place, key, "cannot be enforced beyond the declared properties and one more")
        }
        let list = try counted(
            members, extra: extra, minimum...maximum,
            failure(place, key, "cannot be enforced beside that many properties"))
        return json.bracketed("{", list, "}")
    }

    func requiredNames(_ schema: JSONObject, _ place: JSONPath) throws(ConstraintError) -> Set<String> {
        guard let value = schema["required"] else { return [] }
        guard let elements = value.arrayValue else { throw failure(place, "required", "must be an array") }
        var names: Set<String> = []
        for element in elements {
            guard let name = element.stringValue else { throw failure(place, "required", "must hold strings") }
            names.insert(name)
        }
        return names
    }

    /// Items in their order, of which at least and at most so many come. Of the extra ones only the first counts towards
    /// the minimum: others may have the same name.
    mutating func counted(
        _ items: [GrammarExpression.Item], extra: GrammarExpression?, _ range: ClosedRange<Int>,
        _ tooMany: ConstraintError
    ) throws(ConstraintError) -> GrammarExpression {
        // Counts beyond this make no difference.
        let countLimit = range.upperBound == .max ? range.lowerBound : min(range.upperBound, items.count)
        let (pairs, isTooLarge) = (items.count + 1).multipliedReportingOverflow(by: min(countLimit, items.count) + 1)
        guard !isTooLarge, pairs <= Self.countLimit else { throw tooMany }
        let separator = json.separator
        /// For each count and for whether anything was written what may follow.
        var behind: [[GrammarExpression]] = []
        for count in 0...min(countLimit, items.count) {
            behind.append([false, true].map { extras(extra, separator, count, isSome: $0, range) })
        }
        for item in items.reversed() {
            var here: [[GrammarExpression]] = []
            for count in behind.indices {
                let next = range.upperBound == .max ? min(count + 1, behind.count - 1) : count + 1
                here.append(
                    [false, true].map { isSome in
                        guard isSome || count == 0 else { return .never }
                        var choices: [GrammarExpression] = item.isRequired ? [] : [behind[count][isSome ? 1 : 0]]
                        if next < behind.count {
                            choices.append(.sequence([isSome ? separator : .empty, item.expression, behind[next][1]]))
                        }
                        return json.rules.add(.choice(choices))
                    })
            }
            behind = here
        }
        return behind[0][0]
    }

    private func extras(
        _ extra: GrammarExpression?, _ separator: GrammarExpression, _ count: Int, isSome: Bool,
        _ range: ClosedRange<Int>
    ) -> GrammarExpression {
        let missing = range.lowerBound - count
        let room = range.upperBound == .max ? Int.max : range.upperBound - count
        guard missing <= 1, missing <= 0 || extra != nil, room >= 0 else { return .never }
        guard let extra, room > 0 else { return missing > 0 ? .never : .empty }
        let further = GrammarExpression.repeated(
            .sequence([separator, extra]), minimum: 0, maximum: room == .max ? nil : room - 1)
        let some = GrammarExpression.sequence([isSome ? separator : .empty, extra, further])
        return missing > 0 ? some : .optional(some)
    }
}

/// The names that an object's members may have, and what `patternProperties` asks of the members.
struct PropertyNames {
    private static let patternLimit = 5

    /// What surely matches a pattern, and what may by some dialect.
    private var patterns: [(table: StateTable, wideTable: StateTable, schema: JSONValue)] = []
    /// Nil where any name will do.
    private var allowed: StateTable?

    init(_ schema: JSONObject, _ compiler: SchemaCompiler, _ place: JSONPath) throws(ConstraintError) {
        guard let entries = (schema["patternProperties"] ?? [:]).objectValue else {
            throw compiler.failure(place, "patternProperties", "must be an object")
        }
        guard entries.count <= Self.patternLimit else {
            throw compiler.failure(place, "patternProperties", "has more than \(Self.patternLimit) patterns")
        }
        for (pattern, value) in entries {
            let place = place.appending(key: "patternProperties").appending(key: pattern)
            do {
                let tables = try [false, true].map { isWide throws(ConstraintError) in
                    let expression = try RegularExpression(parsing: pattern, isWide: isWide)
                        .anchored(isSearch: true, isWide: isWide)
                    return try StateTable(expression.expression(JSONGrammar.spelled))
                }
                patterns.append((tables[0], tables[1], value))
            } catch {
                throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
            }
        }
        if let names = schema["propertyNames"] {
            allowed = try Self.table(of: names, compiler, place.appending(key: "propertyNames"))
        }
    }

    /// The texts of strings that are valid by a schema, without quotes, each in its shortest spelling.
    private static func table(
        of names: JSONValue, _ compiler: SchemaCompiler, _ place: JSONPath
    ) throws(ConstraintError) -> StateTable {
        var compiler = SchemaCompiler(compiler.document, budget: compiler.budget)
        let expression = try compiler.compile(["allOf": [["type": "string"], names]], place)
        let spelled = JSONGrammar.quoted(RegularExpression.anything.expression(JSONGrammar.spelled))
        do {
            let quoted = try StateTable(expression, in: compiler.json.rules).intersection(StateTable(spelled))
            return quoted.withoutEnds(UInt8(ascii: "\""))
        } catch {
            throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
        }
    }

    var hasPatterns: Bool { !patterns.isEmpty }

    /// The states of all tables.
    var size: Int { patterns.reduce(allowed?.states.count ?? 0) { $0 + 2 * $1.table.states.count } }

    /// Whether a pattern surely speaks of the name.
    func matches(_ name: String) -> Bool {
        patterns.contains { $0.table.accepts(JSONGrammar.escaped(name)) }
    }

    func allows(_ name: String) -> Bool {
        allowed?.accepts(JSONGrammar.escaped(name)) ?? true
    }

    /// What a declared member must fit.
    func schema(of name: String, beside declared: JSONValue) -> JSONValue {
        let further = patterns.filter { $0.wideTable.accepts(JSONGrammar.escaped(name)) }.map(\.schema)
        return further.isEmpty ? declared : ["allOf": .array([declared] + further)]
    }

    /// The names of undeclared members, nil for any other, with their schema and the keyword it stands under.
    func undeclared(
        _ declared: [String], _ additional: JSONValue
    ) throws(ConstraintError) -> [(names: GrammarExpression?, schema: JSONValue, key: String)] {
        guard !patterns.isEmpty || allowed != nil else {
            return additional == .bool(false) ? [] : [(nil, additional, "additionalProperties")]
        }
        var result: [(names: GrammarExpression?, schema: JSONValue, key: String)] = []
        let everything = RegularExpression.anything.expression(JSONGrammar.spelled)
        let any = if let allowed { allowed } else { try StateTable(everything) }
        var rest = any
        if !declared.isEmpty {
            rest = try any.subtracting(StateTable(.choice(declared.map { .bytes(JSONGrammar.escaped($0)) })))
        }
        for chosen in 0..<1 << patterns.count {
            guard chosen > 0 || additional != .bool(false) else { continue }
            var names = rest
            var schemas: [JSONValue] = []
            for (index, pattern) in patterns.enumerated() {
                let isChosen = chosen >> index & 1 == 1
                names = try isChosen ? names.intersection(pattern.table) : names.subtracting(pattern.wideTable)
                schemas += isChosen ? [pattern.schema] : []
            }
            guard !names.isEmpty else { continue }
            let whole: JSONValue = schemas.count == 1 ? schemas[0] : ["allOf": .array(schemas)]
            result.append(
                (
                    names.expression, chosen == 0 ? additional : whole,
                    chosen == 0 ? "additionalProperties" : "patternProperties"
                ))
        }
        return result
    }
}
