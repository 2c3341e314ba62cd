/// Jinja's tests, by name.
enum TypeTest: String {
    case boolean, callable, defined, divisibleby, escaped, even, `false`, filter, float, integer, iterable, lower
    case mapping, none, number, odd, sameas, sequence, string, test, `true`, undefined, upper
    case isIn = "in"
    case equal = "eq"
    case notEqual = "ne"
    case less = "lt"
    case lessOrEqual = "le"
    case greater = "gt"
    case greaterOrEqual = "ge"

    /// A test by one of its names.
    init?(named name: String) {
        let aliases: [String: TypeTest] = [
            "equalto": .equal, "==": .equal, "!=": .notEqual, "lessthan": .less, "<": .less, "<=": .lessOrEqual,
            "greaterthan": .greater, ">": .greater, ">=": .greaterOrEqual,
        ]
        guard let test = TypeTest(rawValue: name) ?? aliases[name] else { return nil }
        self = test
    }

    fileprivate var comparison: ComparisonOperator? {
        switch self {
        case .equal: .equal
        case .notEqual: .notEqual
        case .less: .less
        case .lessOrEqual: .lessOrEqual
        case .greater: .greater
        case .greaterOrEqual: .greaterOrEqual
        case .isIn: .isIn
        default: nil
        }
    }
}

extension Interpreter {
    func apply(
        _ test: TypeTest, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> Bool {
        if let comparison = test.comparison {
            let other = try arguments.bound(to: ["other"], required: 1, of: test.rawValue)[0] ?? .none
            try spend()
            return try value.compare(comparison, other, work: &comparisonWork)
        }
        switch test {
        case .divisibleby, .sameas:
            let other = try arguments.bound(to: ["other"], required: 1, of: test.rawValue)[0] ?? .none
            return test == .sameas
                ? value.isSame(as: other) : try remainder(value, other).isEqual(to: .integer(0), work: &comparisonWork)
        default:
            _ = try arguments.bound(to: [], of: test.rawValue)
        }
        switch test {
        case .defined: return !value.isUndefined
        case .undefined: return value.isUndefined
        case .even: return try remainder(value, .integer(2)).isEqual(to: .integer(0), work: &comparisonWork)
        case .odd: return try remainder(value, .integer(2)).isEqual(to: .integer(1), work: &comparisonWork)
        case .lower, .upper: return try hasCase(value, test)
        case .filter, .test:
            _ = try DictionaryKey(value)
            guard case .string(let name) = value else { return false }
            return test == .filter ? Filter(rawValue: name.string) != nil : TypeTest(named: name.string) != nil
        default: return hasType(value, test)
        }
    }

    private func remainder(
        _ value: TemplateValue, _ divisor: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        if case .undefined(let undefined) = value {
            throw TemplateError(undefined.message)
        }
        if case .string(let format) = value {
            return .string(try percentFormat(format, divisor))
        }
        guard let result = try Arithmetic.result(.modulo, value, divisor) else {
            throw TemplateError("unsupported operand type(s) for %: '\(value.typeName)' and '\(divisor.typeName)'")
        }
        return result
    }

    private func hasCase(_ value: TemplateValue, _ test: TypeTest) throws(TemplateError) -> Bool {
        let scalars = try text(of: value).string.unicodeScalars
        let unwanted =
            test == .lower
            ? scalars.contains { $0.properties.isUppercase || $0.properties.generalCategory == .titlecaseLetter }
            : scalars.contains { $0.properties.isLowercase || $0.properties.generalCategory == .titlecaseLetter }
        return !unwanted && scalars.contains { test == .lower ? $0.properties.isLowercase : $0.properties.isUppercase }
    }

    private func hasType(_ value: TemplateValue, _ test: TypeTest) -> Bool {
        switch (test, value) {
        case (.boolean, .bool), (.integer, .integer), (.integer, .wide), (.float, .float), (.string, .string),
            (.mapping, .dictionary), (.none, .none), (.number, .integer), (.number, .wide), (.number, .float),
            (.number, .bool):
            true
        case (.true, .bool(let flag)): flag
        case (.false, .bool(let flag)): !flag
        case (.escaped, .string(let text)): text.isMarkup
        case (.callable, .function), (.callable, .method), (.callable, .macro), (.callable, .joiner),
            (.callable, .loop), (.callable, .blockFunction), (.callable, .undefined):
            true
        case (.sequence, .string), (.sequence, .list), (.sequence, .tuple), (.sequence, .dictionary),
            (.sequence, .range), (.sequence, .undefined):
            true
        case (.iterable, .string), (.iterable, .list), (.iterable, .tuple), (.iterable, .dictionary),
            (.iterable, .range), (.iterable, .view), (.iterable, .iterator), (.iterable, .undefined),
            (.iterable, .loop):
            true
        default: false
        }
    }
}
