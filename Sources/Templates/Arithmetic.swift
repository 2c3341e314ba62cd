#if canImport(Glibc)
internal import Glibc
#else
internal import Musl
#endif

/// Python's arithmetic on numbers.
enum Arithmetic {
    /// The result for two numbers; nil where one is none.
    static func result(
        _ operation: ArithmeticOperator, _ left: TemplateValue, _ right: TemplateValue
    ) throws(TemplateError) -> TemplateValue? {
        if let left = left.integer, let right = right.integer {
            return try integers(operation, left, right)
        }
        if let left = left.wideInteger, let right = right.wideInteger {
            return try wideIntegers(operation, left, right)
        }
        guard let left = left.number, let right = right.number else { return nil }
        return .float(try floats(operation, left, right))
    }

    private static func integers(
        _ operation: ArithmeticOperator, _ left: Int, _ right: Int
    ) throws(TemplateError) -> TemplateValue {
        let (value, overflow): (Int, Bool)
        switch operation {
        case .add: (value, overflow) = left.addingReportingOverflow(right)
        case .subtract: (value, overflow) = left.subtractingReportingOverflow(right)
        case .multiply: (value, overflow) = left.multipliedReportingOverflow(by: right)
        case .divide:
            guard right != 0 else { throw TemplateError("division by zero") }
            guard max(left.magnitude, right.magnitude) <= 1 << 53 else {
                return try wideIntegers(operation, WideInteger(left), WideInteger(right))
            }
            return .float(Double(left) / Double(right))
        case .floorDivide, .modulo:
            guard right != 0 else { throw TemplateError("integer division or modulo by zero") }
            guard left != Int.min || right != -1 else {
                return try wideIntegers(operation, WideInteger(left), WideInteger(right))
            }
            let remainder = left % right
            let needsStep = remainder != 0 && (remainder < 0) != (right < 0)
            if operation == .modulo {
                return .integer(needsStep ? remainder + right : remainder)
            }
            return .integer(left / right - (needsStep ? 1 : 0))
        case .power: return try power(WideInteger(left), right)
        }
        return overflow ? try wideIntegers(operation, WideInteger(left), WideInteger(right)) : .integer(value)
    }

    private static func wideIntegers(
        _ operation: ArithmeticOperator, _ left: WideInteger, _ right: WideInteger
    ) throws(TemplateError) -> TemplateValue {
        switch operation {
        case .add: return try narrowed(WideInteger.sum(left, right))
        case .subtract: return try narrowed(WideInteger.sum(left, right.negated))
        case .multiply: return try narrowed(WideInteger.product(left, right))
        case .divide:
            guard !right.isZero else { throw TemplateError("division by zero") }
            let quotient = WideInteger.quotient(left, by: right)
            guard quotient.isFinite else { throw TemplateError("integer division result too large for a float") }
            return .float(quotient)
        case .floorDivide, .modulo:
            guard let division = WideInteger.floorDivision(left, by: right) else {
                throw TemplateError("integer division or modulo by zero")
            }
            return try narrowed(operation == .modulo ? division.remainder : division.quotient)
        case .power:
            guard let exponent = right.int else {
                if let base = left.int, (-1...1).contains(base), !right.isNegative {
                    let isEven = (right.limbs.first ?? 0) % 2 == 0
                    return .integer(base == -1 && isEven ? 1 : base)
                }
                throw TemplateError("an integer has too many digits")
            }
            return try power(left, exponent)
        }
    }

    private static func power(_ base: WideInteger, _ exponent: Int) throws(TemplateError) -> TemplateValue {
        guard exponent >= 0 else {
            guard !base.isZero else { throw TemplateError("0.0 cannot be raised to a negative power") }
            return .float(pow(base.double, Double(exponent)))
        }
        var result: WideInteger? = WideInteger(1)
        var square: WideInteger? = base
        var remaining = exponent
        while remaining > 0 {
            if remaining % 2 == 1 {
                guard let value = result, let factor = square else { break }
                result = WideInteger.product(value, factor)
            }
            remaining /= 2
            if remaining > 0 {
                square = square.flatMap { WideInteger.product($0, $0) }
                if square == nil {
                    result = nil
                    break
                }
            }
        }
        return try narrowed(result)
    }

    /// The value as `Int` where that holds it; an error where there were too many digits.
    private static func narrowed(_ value: WideInteger?) throws(TemplateError) -> TemplateValue {
        guard let value else { throw TemplateError("an integer has too many digits") }
        return value.int.map(TemplateValue.integer) ?? .wide(value)
    }

    private static func floats(
        _ operation: ArithmeticOperator, _ left: Double, _ right: Double
    ) throws(TemplateError) -> Double {
        switch operation {
        case .add: return left + right
        case .subtract: return left - right
        case .multiply: return left * right
        case .divide:
            guard right != 0 else { throw TemplateError("float division by zero") }
            return left / right
        case .floorDivide:
            guard right != 0 else { throw TemplateError("float floor division by zero") }
            let quotient = (left - remainder(left, right)) / right
            guard quotient != 0 else { return (left / right).sign == .minus ? -0.0 : 0.0 }
            let floor = quotient.rounded(.down)
            return quotient - floor > 0.5 ? floor + 1 : floor
        case .modulo:
            guard right != 0 else { throw TemplateError("float modulo") }
            return remainder(left, right)
        case .power:
            guard left != 0 || right >= 0 else { throw TemplateError("0.0 cannot be raised to a negative power") }
            let result = pow(left, right)
            guard !result.isNaN || left.isNaN || right.isNaN else {
                throw TemplateError("complex numbers are not supported")
            }
            guard result.isFinite || !left.isFinite || !right.isFinite else {
                throw TemplateError("(34, 'Numerical result out of range')")
            }
            return result
        }
    }

    /// The remainder with the divisor's sign.
    private static func remainder(_ left: Double, _ right: Double) -> Double {
        let remainder = fmod(left, right)
        if remainder == 0 {
            return right < 0 ? -0.0 : 0.0
        }
        return (remainder < 0) != (right < 0) ? remainder + right : remainder
    }
}
