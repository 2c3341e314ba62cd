internal import JSON

/// Numbers of a schema.
extension SchemaCompiler {
    /// So many remainders are told apart, and so many multiples listed.
    private static let divisorLimit = 1000
    private static let multipleLimit = 5000
    /// Whole numbers up to here are exact as doubles.
    private static let exactLimit = 1e15

    mutating func compileNumber(
        _ schema: JSONObject, isInteger: Bool, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let minimum = try limit("minimum", "exclusiveMinimum", schema, place) { $0 > $1 }
        let maximum = try limit("maximum", "exclusiveMaximum", schema, place) { $0 < $1 }
        if schema["multipleOf"] != nil {
            return try compileMultiples(schema, minimum, maximum, place)
        }
        guard minimum != nil || maximum != nil else { return isInteger ? json.integer : json.number }
        do {
            let range = NumberRange(minimum: try minimum?.limit(), maximum: try maximum?.limit())
            return isInteger ? try range.integers() : try range.decimals()
        } catch {
            throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
        }
    }

    private struct Limit {
        var number: JSONNumber
        var isExclusive: Bool

        func limit() throws(ConstraintError) -> NumberLimit {
            NumberLimit(digits: try DecimalDigits(number), isExclusive: isExclusive)
        }
    }

    /// The tighter one of an inclusive and an exclusive limit.
    private func limit(
        _ inclusiveKey: String, _ exclusiveKey: String, _ schema: JSONObject, _ place: JSONPath,
        isTighter: (Double, Double) -> Bool
    ) throws(ConstraintError) -> Limit? {
        var result: Limit?
        for key in [exclusiveKey, inclusiveKey] {
            guard let value = schema[key] else { continue }
            guard let number = value.numberValue, number.double.isFinite else {
                throw failure(place, key, "must be a finite number")
            }
            if let other = result, !isTighter(number.double, other.number.double) { continue }
            result = Limit(number: number, isExclusive: key == exclusiveKey)
        }
        return result
    }

    private mutating func compileMultiples(
        _ schema: JSONObject, _ minimum: Limit?, _ maximum: Limit?, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        guard let divisor = schema["multipleOf"]?.intValue, (1...Self.divisorLimit).contains(divisor) else {
            throw failure(place, "multipleOf", "can be enforced for whole numbers from 1 to \(Self.divisorLimit) only")
        }
        if let minimum, let maximum {
            return try multiples(of: divisor, minimum, maximum, place)
        }
        guard minimum == nil, maximum == nil else {
            throw failure(place, "multipleOf", "can be combined with both limits or with none")
        }
        return multiples(of: divisor)
    }

    /// A list of all multiples within the limits.
    private func multiples(
        of divisor: Int, _ minimum: Limit, _ maximum: Limit, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let (low, high) = (minimum.number.double, maximum.number.double)
        guard abs(low) <= Self.exactLimit, abs(high) <= Self.exactLimit,
            (high - low) / Double(divisor) <= Double(Self.multipleLimit)
        else {
            throw failure(place, "multipleOf", "has more than \(Self.multipleLimit) multiples within the limits")
        }
        var texts: [GrammarExpression] = []
        var multiple = Int((low / Double(divisor)).rounded(.down)) * divisor
        while Double(multiple) <= high {
            let value = Double(multiple)
            let isAbove = minimum.isExclusive ? value > low : value >= low
            let isBelow = maximum.isExclusive ? value < high : value <= high
            if isAbove && isBelow {
                texts.append(.text(String(multiple)))
            }
            multiple += divisor
        }
        return .choice(texts)
    }

    /// Whole numbers whose digits leave no remainder: one rule for each remainder of the digits so far.
    private mutating func multiples(of divisor: Int) -> GrammarExpression {
        let remainders = (0..<divisor).map { _ in json.rules.reserve() }
        for (remainder, rule) in remainders.enumerated() {
            var choices: [GrammarExpression] = remainder == 0 ? [.empty] : []
            for digit in 0...9 {
                choices.append(
                    .sequence([.text(String(digit)), .rule(remainders[(remainder * 10 + digit) % divisor])]))
            }
            json.rules.define(rule, as: .choice(choices))
        }
        let first = (1...9).map { digit in
            GrammarExpression.sequence([.text(String(digit)), .rule(remainders[digit % divisor])])
        }
        return .choice([.text("0"), .sequence([.optional(.text("-")), .choice(first)])])
    }
}
