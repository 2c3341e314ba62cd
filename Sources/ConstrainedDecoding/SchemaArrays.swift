internal import JSON

/// Arrays of a schema.
extension SchemaCompiler {
    /// No output has so many elements: a larger minimum is refused.
    private static let minimumLimit = 1_000_000
    /// Distinct elements come in any order up to here, and beyond in the order of their values.
    private static let permutationLimit = 6
    /// So many whole numbers are listed.
    private static let numberLimit = 200
    /// So many pairs of counts are told apart.
    private static let countLimit = 4096

    mutating func compileArray(
        _ schema: JSONObject, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let minimum = try count("minItems", schema, place) ?? 0
        let maximum = try count("maxItems", schema, place) ?? Int.max
        guard minimum <= Self.minimumLimit else {
            throw failure(place, "minItems", "is larger than the \(Self.minimumLimit) that are supported")
        }
        guard minimum <= maximum else { return .never }
        let range = minimum...maximum
        let isOldTuple = schema["items"]?.arrayValue != nil
        let prefixKey = isOldTuple ? "items" : "prefixItems"
        let restKey = isOldTuple ? "additionalItems" : "items"
        guard let prefix = (schema[prefixKey] ?? []).arrayValue else {
            throw failure(place, prefixKey, "must be an array")
        }
        if let isUnique = schema["uniqueItems"], isUnique.boolValue == nil {
            throw failure(place, "uniqueItems", "must be a boolean")
        }
        let mayRepeat = schema["uniqueItems"] != true || maximum <= 1
        if let list = try hits(schema, prefix, range, mayRepeat: mayRepeat, place) {
            return json.bracketed("[", list, "]")
        }
        let rest = schema[restKey] ?? .bool(prefix.isEmpty || minimum > prefix.count)
        guard mayRepeat else {
            return json.bracketed("[", try distinct(prefix, rest, range, place), "]")
        }
        var elements: [GrammarExpression] = []
        for (index, element) in prefix.enumerated() {
            let value = try compile(element, place.appending(key: prefixKey).appending(index: index))
            elements.append(json.element(value))
        }
        let further = json.element(try compile(rest, place.appending(key: restKey)))
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
    /// Elements of which so many fit `contains`; nil if there need not be any.
    private mutating func hits(
        _ schema: JSONObject, _ prefix: [JSONValue], _ range: ClosedRange<Int>, mayRepeat: Bool, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression? {
        guard let wanted = schema["contains"] else { return nil }
        let minimum = try count("minContains", schema, place) ?? 1
        let maximum = try count("maxContains", schema, place)
        guard minimum > 0 || maximum != nil else { return nil }
        guard minimum <= maximum ?? .max else { return .never }
        guard prefix.isEmpty, mayRepeat else {
            throw failure(place, "contains", "cannot be enforced beside 'prefixItems' or 'uniqueItems'")
        }
        // Counts beyond these make no difference.
        let elementLimit = max(1, range.upperBound == .max ? range.lowerBound : range.upperBound)
        let hitLimit = maximum ?? minimum
        let (product, isTooLarge) = (elementLimit + 1).multipliedReportingOverflow(by: hitLimit + 1)
        guard !isTooLarge, product <= Self.countLimit else {
            throw failure(place, "contains", "cannot be counted beside that many elements")
        }
        let all = schema["items"] ?? .bool(true)
        let place = place.appending(key: "contains")
        let hit = json.element(try compile(["allOf": [all, wanted]], place))
        let other = json.element(try compile(maximum == nil ? all : ["allOf": [all, ["not": wanted]]], place))
        var rules: [[RuleID]] = []
        for _ in 0...elementLimit {
            rules.append((0...hitLimit).map { _ in json.rules.reserve() })
        }
        for count in 0...elementLimit {
            for hits in 0...hitLimit {
                var choices: [GrammarExpression] = []
                if count >= range.lowerBound && hits >= minimum {
                    choices.append(.empty)
                }
                let next = range.upperBound == .max ? min(count + 1, elementLimit) : count + 1
                let nextHits = maximum == nil ? min(hits + 1, hitLimit) : hits + 1
                if next <= elementLimit {
                    let separator = count == 0 ? GrammarExpression.empty : json.separator
                    choices.append(.sequence([separator, other, .rule(rules[next][hits])]))
                    if nextHits <= hitLimit {
                        choices.append(.sequence([separator, hit, .rule(rules[next][nextHits])]))
                    }
                }
                json.rules.define(rules[count][hits], as: .choice(choices))
            }
        }
        return .rule(rules[0][0])
    }

    /// Elements that all differ, where their values are listed.
    private mutating func distinct(
        _ prefix: [JSONValue], _ rest: JSONValue, _ range: ClosedRange<Int>, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard prefix.isEmpty, let values = try finiteValues(rest, place.appending(key: "items")) else {
            throw failure(
                place, "uniqueItems", "can be enforced only where 'items' lists its values or 'maxItems' is 1")
        }
        let elements = values.map { json.element(JSONGrammar.literal($0)) }
        guard elements.count <= Self.permutationLimit else {
            return try counted(
                elements.map { .init(expression: $0, isRequired: false) }, extra: nil, range,
                failure(place, "uniqueItems", "cannot be enforced beside that many values and these counts"))
        }
        let separator = json.separator
        let rules = (0..<1 << elements.count).map { _ in json.rules.reserve() }
        for used in rules.indices {
            var choices: [GrammarExpression] = range.contains(used.nonzeroBitCount) ? [.empty] : []
            for (index, element) in elements.enumerated() where used >> index & 1 == 0 {
                guard used.nonzeroBitCount < range.upperBound else { break }
                choices.append(
                    .sequence([used == 0 ? .empty : separator, element, .rule(rules[used | 1 << index])]))
            }
            json.rules.define(rules[used], as: .choice(choices))
        }
        return .rule(rules[0])
    }

    /// The whole numbers within narrow limits.
    private func listedNumbers(_ schema: JSONObject) -> [JSONValue]? {
        guard let first = schema["minimum"]?.intValue, let last = schema["maximum"]?.intValue,
            schema.count == 3, first <= last, last.subtractingReportingOverflow(first).overflow == false,
            last - first < Self.numberLimit
        else { return nil }
        return (first...last).map { .number($0) }
    }

    /// The values of a schema that lists them, each once; nil if it has others.
    private func finiteValues(_ schema: JSONValue, _ place: JSONPath) throws(ConstraintError) -> [JSONValue]? {
        guard let object = schema.objectValue else { return nil }
        let plain = SchemaKeywords.withoutAnnotations(object)
        try refuseUnknown(plain, place)
        let whole = try resolved(plain, place)
        guard whole["anyOf"] == nil, whole["oneOf"] == nil else { return nil }
        let types = try types(of: whole, place)
        var values: [JSONValue]
        if whole["enum"] != nil || whole["const"] != nil {
            values = try allowedValues(whole, place)
        } else if types == [.integer], let numbers = listedNumbers(whole) {
            values = numbers
        } else if let types, Set(types).isSubset(of: [.boolean, .null]) {
            let excluded = try exclusions(of: whole, place)
            values = types.flatMap { $0 == .null ? [JSONValue.null] : [.bool(true), .bool(false)] }
            values.removeAll { excluded.values.contains($0) }
        } else {
            return nil
        }
        var distinct: [JSONValue] = []
        for value in values where !distinct.contains(where: value.isSame) {
            distinct.append(value)
        }
        return distinct
    }
}

extension JSONValue {
    /// Whether both are the same value: numbers however they are spelled. Numbers that only long digits tell apart count
    /// as the same.
    func isSame(_ other: JSONValue) -> Bool {
        switch (self, other) {
        case (.number(let left), .number(let right)): left.double == right.double
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.isSame($1) }
        case (.object(let left), .object(let right)):
            left.count == right.count && left.allSatisfy { key, value in right[key].map(value.isSame) ?? false }
        default: self == other
        }
    }
}
