internal import JSON

/// Numbers of a schema.
extension SchemaCompiler {
    /// So many remainders are told apart.
    private static let divisorLimit = 2000

    mutating func compileNumber(
        _ schema: JSONObject, isInteger: Bool, _ place: JSONPath
    ) throws(ConstraintError) -> GrammarExpression {
        let limits = try formatLimits(schema["format"], place)
        let minimum = try limit("minimum", "exclusiveMinimum", schema, limits, place) { $0 > $1 }
        let maximum = try limit("maximum", "exclusiveMaximum", schema, limits, place) { $0 < $1 }
        let excluded = try exclusions(of: schema, place).values.compactMap(\.numberValue)
        let isPlain = minimum == nil && maximum == nil && excluded.isEmpty && schema["multipleOf"] == nil
        guard !isPlain else { return isInteger ? json.integer : json.number }
        do {
            let range = NumberRange(minimum: try minimum?.limit(), maximum: try maximum?.limit())
            let numbers = isInteger ? try range.integers() : try range.decimals()
            guard schema["multipleOf"] != nil || !excluded.isEmpty else { return numbers }
            var table = try StateTable(numbers)
            if let divisor = schema["multipleOf"] {
                table = try table.intersection(multiples(of: divisor, place))
            }
            if !excluded.isEmpty {
                let spellings = try excluded.map { number throws(ConstraintError) in
                    Self.spellings(of: try DecimalDigits(number))
                }
                table = try table.subtracting(StateTable(.choice(spellings)))
            }
            try budget.spend(table.states.count / 5, at: place)
            return table.expression
        } catch {
            guard error.place.isEmpty else { throw error }
            throw ConstraintError(place: place.description, message: "'\(place)': \(error.message)")
        }
    }

    /// The limits of a number's width.
    private func formatLimits(
        _ format: JSONValue?, _ place: JSONPath
    ) throws(ConstraintError) -> JSONObject {
        guard let format else { return [:] }
        switch format.stringValue {
        case "int32": return ["minimum": .number(Int(Int32.min)), "maximum": .number(Int(Int32.max))]
        case "uint32": return ["minimum": 0, "maximum": .number(Int(UInt32.max))]
        // No whole number is written with more digits than 64 bits hold.
        case "int64": return [:]
        case "uint64": return ["minimum": 0]
        case "float", "double": return [:]
        case let name? where StringFormats.names.contains(name): return [:]
        default: throw failure(place, "format", "is of no number that is supported")
        }
    }

    private struct Limit {
        var number: JSONNumber
        var isExclusive: Bool

        func limit() throws(ConstraintError) -> NumberLimit {
            NumberLimit(digits: try DecimalDigits(number), isExclusive: isExclusive)
        }
    }

    /// The tightest limit.
    private func limit(
        _ inclusiveKey: String, _ exclusiveKey: String, _ schema: JSONObject, _ further: JSONObject,
        _ place: JSONPath, isTighter: (Double, Double) -> Bool
    ) throws(ConstraintError) -> Limit? {
        var result: Limit?
        for (key, value) in [
            (exclusiveKey, schema[exclusiveKey]), (inclusiveKey, schema[inclusiveKey]),
            (inclusiveKey, further[inclusiveKey]),
        ] {
            guard let value else { continue }
            guard let number = value.numberValue, number.double.isFinite else {
                throw failure(place, key, "must be a finite number")
            }
            if let other = result, !isTighter(number.double, other.number.double) { continue }
            result = Limit(number: number, isExclusive: key == exclusiveKey)
        }
        return result
    }

    /// All ways in which a number is written without an exponent.
    private static func spellings(of number: DecimalDigits) -> GrammarExpression {
        let zero = GrammarExpression.text("0")
        let whole: GrammarExpression = number.whole.isEmpty ? zero : .bytes(number.whole.map { 0x30 + $0 })
        let fraction: GrammarExpression =
            number.fraction.isEmpty
            ? .optional(.sequence([.text("."), .repeated(zero, minimum: 1, maximum: nil)]))
            : .sequence([
                .text("."), .bytes(number.fraction.map { 0x30 + $0 }), .repeated(zero, minimum: 0, maximum: nil),
            ])
        let sign: GrammarExpression = number.isZero ? .optional(.text("-")) : .text(number.isNegative ? "-" : "")
        return .sequence([sign, whole, fraction])
    }
}

extension SchemaCompiler {
    /// Digits whose number is a multiple: a state for each remainder of the digits so far, before the point and at each
    /// place behind it.
    private func multiples(of divisor: JSONValue, _ place: JSONPath) throws(ConstraintError) -> StateTable {
        guard let number = divisor.numberValue, number.double > 0 else {
            throw failure(place, "multipleOf", "must be a number above 0")
        }
        let digits = try DecimalDigits(number)
        let remainderCount = (digits.whole + digits.fraction).reduce(0) { min(1 << 40, $0 * 10 + Int($1)) }
        guard remainderCount <= Self.divisorLimit else {
            throw failure(place, "multipleOf", "can be enforced up to \(Self.divisorLimit) without its point")
        }
        // The beginning, behind a sign, and then by place: before the point, behind it, behind each digit of the fraction.
        let placeCount = digits.fraction.count
        func state(_ place: Int, _ remainder: Int) -> Int32 { Int32(2 + place * remainderCount + remainder) }
        func digitEdges(_ remainder: Int, _ place: Int, _ digits: ClosedRange<Int>) -> [StateTable.Edge] {
            digits.map { digit in
                StateTable.Edge(
                    bytes: ByteSet(CollectionOfOne(UInt8(0x30 + digit))),
                    target: state(place, (remainder * 10 + digit) % remainderCount))
            }
        }
        let sign = StateTable.Edge(bytes: ByteSet("-".utf8), target: 1)
        var states: [StateTable.State] = [
            .init(isAccepting: false, edges: digitEdges(0, 0, 0...9) + [sign]),
            .init(isAccepting: false, edges: digitEdges(0, 0, 0...9)),
        ]
        for place in 0...placeCount + 1 {
            for remainder in 0..<remainderCount {
                var edges: [StateTable.Edge] = []
                var value = remainder
                if place == 0 {
                    edges = digitEdges(remainder, 0, 0...9)
                    edges.append(.init(bytes: ByteSet(".".utf8), target: state(1, remainder)))
                } else if place <= placeCount {
                    edges = digitEdges(remainder, place + 1, 0...9)
                } else {
                    edges = [.init(bytes: ByteSet("0".utf8), target: state(place, remainder))]
                }
                for _ in max(0, place - 1)..<max(placeCount, max(0, place - 1)) {
                    value = value * 10 % remainderCount
                }
                states.append(.init(isAccepting: value == 0, edges: edges))
            }
        }
        return StateTable(states: states)
    }
}
