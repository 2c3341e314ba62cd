internal import JSON

/// A decimal number's sign, digits before and digits behind the point, neither with zeros at the outer end.
struct DecimalDigits: Hashable {
    var isNegative = false
    var whole: [UInt8] = []
    var fraction: [UInt8] = []

    private static let exponentLimit = 40

    init(_ number: JSONNumber) throws(ConstraintError) {
        var mantissa = Substring(number.text)
        var exponent = 0
        if let mark = mantissa.firstIndex(where: { $0 == "e" || $0 == "E" }) {
            guard let value = Int(mantissa[mantissa.index(after: mark)...]), abs(value) <= Self.exponentLimit else {
                throw ConstraintError(message: "The number \(number.text.prefix(40)) is out of range.")
            }
            exponent = value
            mantissa = mantissa[..<mark]
        }
        if mantissa.first == "-" {
            isNegative = true
            mantissa = mantissa.dropFirst()
        }
        let parts = mantissa.split(separator: ".", omittingEmptySubsequences: false)
        whole = parts[0].utf8.map { $0 - 0x30 }
        fraction = parts.count > 1 ? parts[1].utf8.map { $0 - 0x30 } : []
        for _ in 0..<max(0, exponent) {
            whole.append(fraction.isEmpty ? 0 : fraction.removeFirst())
        }
        for _ in 0..<max(0, -exponent) {
            fraction.insert(whole.popLast() ?? 0, at: 0)
        }
        trim()
    }

    init(whole: [UInt8], fraction: [UInt8] = [], isNegative: Bool = false) {
        self.whole = whole
        self.fraction = fraction
        self.isNegative = isNegative
        trim()
    }

    private mutating func trim() {
        while whole.first == 0 {
            whole.removeFirst()
        }
        while fraction.last == 0 {
            fraction.removeLast()
        }
        if isZero {
            isNegative = false
        }
    }

    var isZero: Bool { whole.isEmpty && fraction.isEmpty }

    var magnitude: DecimalDigits { DecimalDigits(whole: whole, fraction: fraction) }

    /// Whether this magnitude is below another.
    func isBelow(_ other: DecimalDigits) -> Bool {
        if whole.count != other.whole.count {
            return whole.count < other.whole.count
        }
        if whole != other.whole {
            return whole.lexicographicallyPrecedes(other.whole)
        }
        return fraction.lexicographicallyPrecedes(other.fraction)
    }
}

/// A limit of a range of numbers.
struct NumberLimit: Hashable {
    var digits: DecimalDigits
    var isExclusive: Bool
}

/// Numbers between two limits, as decimal digits say it.
struct NumberRange {
    var minimum: NumberLimit?
    var maximum: NumberLimit?

    /// Digits that a double tells apart.
    private static let digitLimit = 15

    /// All numbers in the range that are written with a decimal point or none.
    func decimals() throws(ConstraintError) -> GrammarExpression {
        try signed { (low, high) throws(ConstraintError) in
            try Magnitudes(low: low, high: high, wholeDigitLimit: Self.digitLimit).decimals()
        }
    }

    /// All whole numbers in the range.
    func integers() throws(ConstraintError) -> GrammarExpression {
        try signed { (low, high) throws(ConstraintError) in
            try Magnitudes(low: low, high: high, wholeDigitLimit: JSONGrammar.integerDigitLimit).integers()
        }
    }

    private func signed(
        _ magnitudes: (NumberLimit?, NumberLimit?) throws(ConstraintError) -> GrammarExpression
    ) throws(ConstraintError) -> GrammarExpression {
        let zero = NumberLimit(digits: DecimalDigits(whole: []), isExclusive: false)
        var choices: [GrammarExpression] = []
        if !(maximum?.digits.isNegative ?? false) {
            let low = minimum.map { $0.digits.isNegative ? zero : $0 } ?? zero
            choices.append(try magnitudes(low, maximum))
        }
        if minimum?.digits.isNegative ?? true {
            // Zero has no sign.
            let low = maximum.map { $0.digits.isNegative ? $0.magnitude : zero } ?? zero
            let isZero = low.digits.isZero
            let part = try magnitudes(
                NumberLimit(digits: low.digits, isExclusive: low.isExclusive || isZero), minimum?.magnitude)
            choices.append(.sequence([.text("-"), part]))
        }
        return .choice(choices)
    }
}

extension NumberLimit {
    var magnitude: NumberLimit { NumberLimit(digits: digits.magnitude, isExclusive: isExclusive) }
}

/// Numbers without a sign between two limits.
private struct Magnitudes {
    let low: NumberLimit
    let high: NumberLimit
    /// Digits behind the point, at most.
    private let fractionDigitLimit: Int

    init(low: NumberLimit?, high: NumberLimit?, wholeDigitLimit: Int) throws(ConstraintError) {
        let most = DecimalDigits(whole: Array(repeating: 9, count: wholeDigitLimit))
        self.low = low ?? NumberLimit(digits: DecimalDigits(whole: []), isExclusive: false)
        self.high = high ?? NumberLimit(digits: most, isExclusive: false)
        for limit in [self.low, self.high] {
            guard limit.digits.whole.count <= wholeDigitLimit, limit.digits.fraction.count <= 15 else {
                throw ConstraintError(message: "A limit of a number has more digits than are supported.")
            }
        }
        let wholeCount = high == nil ? self.low.digits.whole.count : self.high.digits.whole.count
        let needed = max(self.low.digits.fraction.count, self.high.digits.fraction.count) + 1
        fractionDigitLimit = max(needed, 15 - max(1, wholeCount) - 1, 1)
    }

    func integers() -> GrammarExpression {
        var first = low.digits.whole
        if !low.digits.fraction.isEmpty || low.isExclusive {
            first = Self.successor(first)
        }
        guard let last = lastInteger else { return .never }
        return Self.wholeNumbers(first, last)
    }

    private var lastInteger: [UInt8]? {
        high.digits.fraction.isEmpty && high.isExclusive ? Self.predecessor(high.digits.whole) : high.digits.whole
    }

    func decimals() -> GrammarExpression {
        let lowWhole = low.digits.whole
        let highWhole = high.digits.whole
        if DecimalDigits(whole: highWhole).isBelow(DecimalDigits(whole: lowWhole)) {
            return .never
        }
        if lowWhole == highWhole {
            return .sequence([Self.literal(lowWhole), fraction(isLowTight: true, isHighTight: true)])
        }
        var choices: [GrammarExpression] = [
            .sequence([Self.literal(lowWhole), fraction(isLowTight: true, isHighTight: false)]),
            .sequence([Self.literal(highWhole), fraction(isLowTight: false, isHighTight: true)]),
        ]
        if let last = Self.predecessor(highWhole) {
            choices.append(
                .sequence([
                    Self.wholeNumbers(Self.successor(lowWhole), last), fraction(isLowTight: false, isHighTight: false),
                ]))
        }
        return .choice(choices)
    }

    /// Nothing, or a point and digits, so that the number is in the range; tight where the whole part equals a limit's.
    private func fraction(isLowTight: Bool, isHighTight: Bool) -> GrammarExpression {
        let digits = GrammarExpression.sequence([
            .text("."), fractionDigits(0, isLowTight: isLowTight, isHighTight: isHighTight),
        ])
        return canEnd(0, isLowTight: isLowTight, isHighTight: isHighTight) ? .optional(digits) : digits
    }

    private func canEnd(_ position: Int, isLowTight: Bool, isHighTight: Bool) -> Bool {
        let reachesLow = position >= low.digits.fraction.count
        let reachesHigh = position >= high.digits.fraction.count
        return (!isLowTight || (reachesLow && !low.isExclusive)) && (!isHighTight || !reachesHigh || !high.isExclusive)
    }

    /// One digit or more from a position on.
    private func fractionDigits(_ position: Int, isLowTight: Bool, isHighTight: Bool) -> GrammarExpression {
        guard position < fractionDigitLimit else { return .never }
        if !isLowTight && !isHighTight {
            return .repeated(JSONGrammar.digit, minimum: 1, maximum: fractionDigitLimit - position)
        }
        let least = isLowTight ? digit(low.digits.fraction, position) : 0
        let most = isHighTight ? digit(high.digits.fraction, position) : 9
        guard least <= most else { return .never }
        var choices: [GrammarExpression] = []
        for value in least...most {
            let staysLow = isLowTight && value == least
            let staysHigh = isHighTight && value == most
            let rest = fractionDigits(position + 1, isLowTight: staysLow, isHighTight: staysHigh)
            let mayEnd = canEnd(position + 1, isLowTight: staysLow, isHighTight: staysHigh)
            choices.append(.sequence([.bytes([0x30 + value]), mayEnd ? .optional(rest) : rest]))
        }
        return .choice(choices)
    }

    private func digit(_ digits: [UInt8], _ position: Int) -> UInt8 {
        position < digits.count ? digits[position] : 0
    }
}

extension Magnitudes {
    private static func literal(_ whole: [UInt8]) -> GrammarExpression {
        .bytes(whole.isEmpty ? [0x30] : whole.map { 0x30 + $0 })
    }

    private static func successor(_ digits: [UInt8]) -> [UInt8] {
        var digits = digits
        for index in digits.indices.reversed() {
            if digits[index] < 9 {
                digits[index] += 1
                return digits
            }
            digits[index] = 0
        }
        return [1] + digits
    }

    private static func predecessor(_ digits: [UInt8]) -> [UInt8]? {
        var digits = digits
        for index in digits.indices.reversed() {
            if digits[index] > 0 {
                digits[index] -= 1
                return DecimalDigits(whole: digits).whole
            }
            digits[index] = 9
        }
        return nil
    }

    /// Whole numbers from one to another.
    private static func wholeNumbers(_ first: [UInt8], _ last: [UInt8]) -> GrammarExpression {
        guard !DecimalDigits(whole: last).isBelow(DecimalDigits(whole: first)) else { return .never }
        var choices: [GrammarExpression] = first.isEmpty ? [.text("0")] : []
        guard !last.isEmpty else { return .choice(choices) }
        let first = first.isEmpty ? [1] : first
        for count in first.count...max(first.count, last.count) where count <= last.count {
            let low = count == first.count ? first : [1] + Array(repeating: 0, count: count - 1)
            let high = count == last.count ? last : Array(repeating: 9, count: count)
            choices.append(sameLength(low[...], high[...]))
        }
        return .choice(choices)
    }

    private static func sameLength(_ low: ArraySlice<UInt8>, _ high: ArraySlice<UInt8>) -> GrammarExpression {
        guard let first = low.first, let last = high.first else { return .empty }
        if low.allSatisfy({ $0 == 0 }) && high.allSatisfy({ $0 == 9 }) {
            return .repeated(JSONGrammar.digit, minimum: low.count, maximum: low.count)
        }
        let lowRest = low.dropFirst()
        let highRest = high.dropFirst()
        if first == last {
            return .sequence([.bytes([0x30 + first]), sameLength(lowRest, highRest)])
        }
        let zeros = ArraySlice(lowRest.map { _ in UInt8(0) })
        let nines = ArraySlice(lowRest.map { _ in UInt8(9) })
        var choices: [GrammarExpression] = [
            .sequence([.bytes([0x30 + first]), sameLength(lowRest, nines)]),
            .sequence([.bytes([0x30 + last]), sameLength(zeros, highRest)]),
        ]
        if first + 1 < last {
            choices.append(
                .sequence([
                    .set(ByteSet(0x31 + first...0x2F + last)),
                    .repeated(JSONGrammar.digit, minimum: lowRest.count, maximum: lowRest.count),
                ]))
        }
        return .choice(choices)
    }
}
