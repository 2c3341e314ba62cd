/// An integer beyond `Int`, as Python's integers have no bounds; up to 4,300 decimal digits, Python's own limit for text.
struct WideInteger: Hashable, Sendable {
    /// Base 10⁹ digits, the lowest first, without leading zeros.
    private(set) var limbs: [UInt32]
    private(set) var isNegative: Bool

    static let maximumDigitCount = 4300
    private static let base: UInt64 = 1_000_000_000
    private static let maximumLimbCount = maximumDigitCount / 9 + 1

    /// Nil where there are too many digits.
    private init?(limbs: [UInt32], isNegative: Bool) {
        var limbs = limbs
        while limbs.last == 0 {
            limbs.removeLast()
        }
        guard limbs.count <= Self.maximumLimbCount else { return nil }
        self.limbs = limbs
        self.isNegative = isNegative && !limbs.isEmpty
    }

    init(_ value: Int) {
        limbs = []
        isNegative = value < 0
        var rest = UInt64(value.magnitude)
        while rest > 0 {
            limbs.append(UInt32(rest % Self.base))
            rest /= Self.base
        }
    }

    /// An integer from its digits with an optional sign; nil for other text or too many digits.
    init?(_ text: String, radix: Int) {
        var digits = Substring(text)
        let isNegative = digits.first == "-"
        if isNegative || digits.first == "+" {
            digits.removeFirst()
        }
        guard !digits.isEmpty, digits.utf8.count <= Self.maximumDigitCount * 4 else { return nil }
        var value = WideInteger(0)
        for digit in digits {
            guard digit.isASCII, let number = digit.hexDigitValue, number < radix else { return nil }
            value.multiplyAndAdd(UInt64(radix), UInt64(number))
            guard value.limbs.count <= Self.maximumLimbCount else { return nil }
        }
        self = value
        self.isNegative = isNegative && !limbs.isEmpty
    }

    /// The integer part of a finite number.
    init?(_ value: Double) {
        guard value.isFinite else { return nil }
        guard value.magnitude >= 1 else {
            self = WideInteger(0)
            return
        }
        var mantissa = WideInteger(Int(value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)))
        let exponent = Int(value.exponent) - 52
        if exponent < 0 {
            self = WideInteger(Int(value))
            return
        }
        for _ in 0..<exponent {
            mantissa.multiplyAndAdd(2, 0)
        }
        self = mantissa
        isNegative = value < 0
    }

    private mutating func multiplyAndAdd(_ factor: UInt64, _ term: UInt64) {
        var carry = term
        for index in limbs.indices {
            carry += UInt64(limbs[index]) * factor
            limbs[index] = UInt32(carry % Self.base)
            carry /= Self.base
        }
        while carry > 0 {
            limbs.append(UInt32(carry % Self.base))
            carry /= Self.base
        }
    }

    var isZero: Bool { limbs.isEmpty }

    /// The value where `Int` holds it.
    var int: Int? { limbs.count > 3 ? nil : Int(description) }

    /// The nearest `Double`, infinite beyond its range.
    var double: Double { Double(description) ?? .nan }

    var negated: WideInteger {
        var value = self
        value.isNegative = !isNegative && !isZero
        return value
    }
}

extension WideInteger: CustomStringConvertible {
    var description: String {
        guard let highest = limbs.last else { return "0" }
        var text = (isNegative ? "-" : "") + String(highest)
        for limb in limbs.dropLast().reversed() {
            let digits = String(limb)
            text += String(repeating: "0", count: 9 - digits.utf8.count) + digits
        }
        return text
    }
}

extension WideInteger: Comparable {
    static func < (left: WideInteger, right: WideInteger) -> Bool {
        if left.isNegative != right.isNegative {
            return left.isNegative
        }
        let order = compareMagnitudes(left.limbs, right.limbs)
        return left.isNegative ? order > 0 : order < 0
    }

    private static func compareMagnitudes(_ left: [UInt32], _ right: [UInt32]) -> Int {
        if left.count != right.count {
            return left.count < right.count ? -1 : 1
        }
        for index in left.indices.reversed() where left[index] != right[index] {
            return left[index] < right[index] ? -1 : 1
        }
        return 0
    }
}

extension WideInteger {
    /// The sum; nil where it has too many digits.
    static func sum(_ left: WideInteger, _ right: WideInteger) -> WideInteger? {
        if left.isNegative == right.isNegative {
            return WideInteger(limbs: sumOfMagnitudes(left.limbs, right.limbs), isNegative: left.isNegative)
        }
        if compareMagnitudes(left.limbs, right.limbs) >= 0 {
            return WideInteger(limbs: differenceOfMagnitudes(left.limbs, right.limbs), isNegative: left.isNegative)
        }
        return WideInteger(limbs: differenceOfMagnitudes(right.limbs, left.limbs), isNegative: right.isNegative)
    }

    /// The product; nil where it has too many digits.
    static func product(_ left: WideInteger, _ right: WideInteger) -> WideInteger? {
        guard left.limbs.count + right.limbs.count <= maximumLimbCount + 1 else { return nil }
        var limbs = [UInt32](repeating: 0, count: left.limbs.count + right.limbs.count)
        for (leftIndex, leftLimb) in left.limbs.enumerated() {
            var carry: UInt64 = 0
            for (rightIndex, rightLimb) in right.limbs.enumerated() {
                carry += UInt64(limbs[leftIndex + rightIndex]) + UInt64(leftLimb) * UInt64(rightLimb)
                limbs[leftIndex + rightIndex] = UInt32(carry % base)
                carry /= base
            }
            limbs[leftIndex + right.limbs.count] = UInt32(carry)
        }
        return WideInteger(limbs: limbs, isNegative: left.isNegative != right.isNegative)
    }

    /// Quotient rounded down and remainder of the divisor's sign, as Python's `//` and `%`; nil for a divisor of zero.
    static func floorDivision(
        _ dividend: WideInteger, by divisor: WideInteger
    ) -> (quotient: WideInteger, remainder: WideInteger)? {
        guard !divisor.isZero else { return nil }
        var quotientLimbs = [UInt32](repeating: 0, count: dividend.limbs.count)
        var remainderLimbs: [UInt32] = []
        for index in dividend.limbs.indices.reversed() {
            remainderLimbs.insert(dividend.limbs[index], at: 0)
            while remainderLimbs.last == 0 {
                remainderLimbs.removeLast()
            }
            quotientLimbs[index] = quotientDigit(&remainderLimbs, divisor.limbs)
        }
        let signsDiffer = dividend.isNegative != divisor.isNegative
        guard var quotient = WideInteger(limbs: quotientLimbs, isNegative: signsDiffer),
            var remainder = WideInteger(limbs: remainderLimbs, isNegative: dividend.isNegative)
        else { return nil }
        if signsDiffer, !remainder.isZero {
            guard let lower = sum(quotient, WideInteger(-1)), let shifted = sum(remainder, divisor) else { return nil }
            quotient = lower
            remainder = shifted
        }
        return (quotient, remainder)
    }

    /// How often the divisor fits into the remainder, less than 10⁹ times, and takes it away so often.
    private static func quotientDigit(_ remainder: inout [UInt32], _ divisor: [UInt32]) -> UInt32 {
        var low: UInt64 = 0
        var high = base - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if compareMagnitudes(scaled(divisor, by: middle), remainder) <= 0 {
                low = middle
            } else {
                high = middle - 1
            }
        }
        if low > 0 {
            remainder = differenceOfMagnitudes(remainder, scaled(divisor, by: low))
            while remainder.last == 0 {
                remainder.removeLast()
            }
        }
        return UInt32(low)
    }

    private static func scaled(_ limbs: [UInt32], by factor: UInt64) -> [UInt32] {
        var value = WideInteger(0)
        value.limbs = limbs
        value.multiplyAndAdd(factor, 0)
        while value.limbs.last == 0 {
            value.limbs.removeLast()
        }
        return value.limbs
    }

    /// The nearest `Double` to the quotient; the divisor is not zero. Infinite beyond its range.
    static func quotient(_ dividend: WideInteger, by divisor: WideInteger) -> Double {
        // With some 30 digits of the quotient and whether more follow, rounding once is enough.
        let shift = max(0, divisor.limbs.count - dividend.limbs.count + 4)
        guard
            let scaled = WideInteger(
                limbs: Array(repeating: 0, count: shift) + dividend.limbs, isNegative: false),
            let positive = WideInteger(limbs: divisor.limbs, isNegative: false),
            let division = floorDivision(scaled, by: positive)
        else { return dividend.double / divisor.double }
        let digits = division.quotient.description + (division.remainder.isZero ? "0" : "1")
        let magnitude = Double("\(digits)e-\(9 * shift + 1)") ?? .nan
        return dividend.isNegative == divisor.isNegative ? magnitude : -magnitude
    }

    private static func sumOfMagnitudes(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var limbs: [UInt32] = []
        var carry: UInt64 = 0
        for index in 0..<max(left.count, right.count) {
            carry += index < left.count ? UInt64(left[index]) : 0
            carry += index < right.count ? UInt64(right[index]) : 0
            limbs.append(UInt32(carry % base))
            carry /= base
        }
        if carry > 0 {
            limbs.append(UInt32(carry))
        }
        return limbs
    }

    /// The difference of a magnitude and one that is not larger.
    private static func differenceOfMagnitudes(_ left: [UInt32], _ right: [UInt32]) -> [UInt32] {
        var limbs = left
        var borrow: Int64 = 0
        for index in limbs.indices {
            var digit = Int64(limbs[index]) - borrow - (index < right.count ? Int64(right[index]) : 0)
            borrow = digit < 0 ? 1 : 0
            digit += digit < 0 ? Int64(base) : 0
            limbs[index] = UInt32(digit)
        }
        return limbs
    }
}
