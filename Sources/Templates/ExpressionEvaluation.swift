/// What expressions give.
extension Interpreter {
    /// The value of an expression; `filterInput` is what a filter without an input of its own works on.
    func evaluate(
        _ expression: Expression, in scope: Scope, filterInput: TemplateValue? = nil
    ) throws(TemplateError) -> TemplateValue {
        try spend()
        switch expression {
        case .none: return .none
        case .bool(let flag): return .bool(flag)
        case .integer(let value): return .integer(value)
        case .wide(let value): return .wide(value)
        case .float(let value): return .float(value)
        case .string(let text): return .string(text)
        case .name(let name): return lookUp(name, in: scope)
        default:
            try enter()
            defer { leave() }
            return try evaluateCompound(expression, in: scope, filterInput: filterInput)
        }
    }

    private func evaluateCompound(
        _ expression: Expression, in scope: Scope, filterInput: TemplateValue?
    ) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .attribute(let base, let name): return try attribute(name, of: try evaluate(base, in: scope))
        case .item(let base, let index):
            return try item(try evaluate(index, in: scope), of: try evaluate(base, in: scope))
        case .not(let operand): return .bool(try !evaluate(operand, in: scope).isTrue)
        case .and(let operands): return try firstOperand(operands, whoseTruthIs: false, in: scope)
        case .or(let operands): return try firstOperand(operands, whoseTruthIs: true, in: scope)
        case .comparison(let first, let rest): return try evaluateComparison(first, rest, in: scope)
        case .arithmetic(let first, let rest): return try evaluateArithmetic(first, rest, in: scope)
        case .concatenation(let parts): return try concatenate(parts, in: scope)
        case .call(let callee, let arguments):
            return try call(try evaluate(callee, in: scope), try evaluate(arguments, in: scope))
        case .filter(let filter, let input, let arguments):
            var value = filterInput ?? .string(TemplateText())
            if let input {
                value = try evaluate(input, in: scope, filterInput: filterInput)
            }
            return try apply(filter, to: value, try evaluate(arguments, in: scope))
        case .test(let test, let value, let arguments):
            return .bool(
                try apply(test, to: try evaluate(value, in: scope), try evaluate(arguments, in: scope)))
        default: return try evaluateRare(expression, in: scope)
        }
    }

    private func evaluateRare(_ expression: Expression, in scope: Scope) throws(TemplateError) -> TemplateValue {
        switch expression {
        case .list(let elements): return .list(ListValue(try evaluate(elements, in: scope)))
        case .tuple(let elements): return .tuple(ListValue(try evaluate(elements, in: scope)))
        case .dictionary(let members):
            let dictionary = DictionaryValue()
            for (key, value) in members {
                try dictionary.set(try evaluate(key, in: scope), try evaluate(value, in: scope))
            }
            return .dictionary(dictionary)
        case .negative(let operand): return try negate(try evaluate(operand, in: scope))
        case .positive(let operand):
            let value = try evaluate(operand, in: scope)
            guard value.number != nil else { throw badOperand("+", value) }
            return value.integer.map(TemplateValue.integer) ?? value
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, in: scope).isTrue {
                return try evaluate(then, in: scope)
            }
            guard let otherwise else {
                return .undefined(
                    "the inline if-expression evaluated to false and no else section was defined.")
            }
            return try evaluate(otherwise, in: scope)
        case .slice(let base, let start, let stop, let step):
            let value = try evaluate(base, in: scope)
            let bounds = SliceBounds(
                start: try bound(start, in: scope), stop: try bound(stop, in: scope),
                step: try bound(step, in: scope))
            return try slice(value, bounds)
        case .failure(let message): throw TemplateError(message)
        default: throw TemplateError("unknown expression")
        }
    }

    private func evaluate(_ expressions: [Expression], in scope: Scope) throws(TemplateError) -> [TemplateValue] {
        var values: [TemplateValue] = []
        values.reserveCapacity(expressions.count)
        for expression in expressions {
            values.append(try evaluate(expression, in: scope))
        }
        return values
    }

    func evaluate(_ arguments: Arguments, in scope: Scope) throws(TemplateError) -> CallArguments {
        var values = CallArguments()
        values.positional = try evaluate(arguments.positional, in: scope)
        for (name, value) in arguments.named {
            values.named.append((name, try evaluate(value, in: scope)))
        }
        if let spread = arguments.positionalSpread {
            values.positional += try elements(of: try evaluate(spread, in: scope))
        }
        if let spread = arguments.namedSpread {
            guard case .dictionary(let dictionary) = try evaluate(spread, in: scope) else {
                throw TemplateError("argument after ** must be a mapping")
            }
            for (key, value) in zip(dictionary.keys, dictionary.values) {
                guard case .string(let name) = key else { throw TemplateError("keywords must be strings") }
                values.named.append((name.string, value))
            }
        }
        return values
    }
}

extension Interpreter {
    /// The first operand of that truth, or the last one.
    private func firstOperand(
        _ operands: [Expression], whoseTruthIs truth: Bool, in scope: Scope
    ) throws(TemplateError) -> TemplateValue {
        var value = TemplateValue.none
        for operand in operands {
            value = try evaluate(operand, in: scope)
            if value.isTrue == truth {
                break
            }
        }
        return value
    }

    private func evaluateComparison(
        _ first: Expression, _ rest: [(ComparisonOperator, Expression)], in scope: Scope
    ) throws(TemplateError) -> TemplateValue {
        var left = try evaluate(first, in: scope)
        for (comparison, operand) in rest {
            let right = try evaluate(operand, in: scope)
            try spendForComparison(comparison, left, right)
            guard try left.compare(comparison, right, work: &comparisonWork) else { return .bool(false) }
            left = right
        }
        return .bool(true)
    }

    private func spendForComparison(
        _ comparison: ComparisonOperator, _ left: TemplateValue, _ right: TemplateValue
    ) throws(TemplateError) {
        switch (comparison, right) {
        case (.isIn, .string(let text)), (.isNotIn, .string(let text)):
            if case .string(let needle) = left {
                try spendForSearch(of: needle, in: text)
            }
        case (_, .list(let list)), (_, .tuple(let list)): try spend(list.elements.count)
        case (_, .view(let view)): try spend(view.dictionary.count)
        default: break
        }
    }

    /// Counts the work of a search, at its worst.
    func spendForSearch(of needle: TemplateText, in text: TemplateText) throws(TemplateError) {
        try spend((text.byteCount >> 6) &+ (text.byteCount >> 6) &* (needle.byteCount >> 6))
    }

    private func evaluateArithmetic(
        _ first: Expression, _ rest: [(ArithmeticOperator, Expression)], in scope: Scope
    ) throws(TemplateError) -> TemplateValue {
        var value = try evaluate(first, in: scope)
        for (operation, operand) in rest {
            value = try combine(operation, value, try evaluate(operand, in: scope))
        }
        return value
    }

    func combine(
        _ operation: ArithmeticOperator, _ left: TemplateValue, _ right: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        if let result = try Arithmetic.result(operation, left, right) {
            if case .wide = result {
                try spend(100)
            }
            return result
        }
        switch (operation, left, right) {
        case (_, .undefined(let undefined), _), (_, _, .undefined(let undefined)):
            if case (.modulo, .string(let format), _) = (operation, left, right) {
                return .string(try percentFormat(format, right))
            }
            throw TemplateError(undefined.message)
        case (.add, .string(let left), .string(let right)): return .string(try add(left, right))
        case (.add, .list(let left), .list(let right)):
            try spend(elements: left.elements.count + right.elements.count)
            return .list(ListValue(left.elements + right.elements))
        case (.add, .tuple(let left), .tuple(let right)):
            try spend(elements: left.elements.count + right.elements.count)
            return .tuple(ListValue(left.elements + right.elements))
        case (.multiply, _, _):
            if let count = right.integer, let product = try repeated(left, count: count) {
                return product
            }
            if let count = left.integer, let product = try repeated(right, count: count) {
                return product
            }
        case (.modulo, .string(let format), _): return .string(try percentFormat(format, right))
        default: break
        }
        let symbol = operation == .power ? "** or pow()" : operation.rawValue
        throw TemplateError(
            "unsupported operand type(s) for \(symbol): '\(left.typeName)' and '\(right.typeName)'")
    }

    /// The joined text; what is joined to markup is escaped.
    private func add(_ left: TemplateText, _ right: TemplateText) throws(TemplateError) -> TemplateText {
        try spend(bytes: left.byteCount + right.byteCount)
        guard left.isMarkup || right.isMarkup else { return left + right }
        var sum = left.htmlEscaped() + right.htmlEscaped()
        sum.isMarkup = true
        return sum
    }

    private func repeated(_ value: TemplateValue, count: Int) throws(TemplateError) -> TemplateValue? {
        let count = max(count, 0)
        switch value {
        case .string(let text):
            try spend(bytes: text.byteCount.multipliedOrMaximum(by: count))
            return .string(text.repeated(count))
        case .list(let list), .tuple(let list):
            try spend(elements: list.elements.count.multipliedOrMaximum(by: count))
            let elements = list.elements.isEmpty ? [] : Array((0..<count).map { _ in list.elements }.joined())
            if case .list = value {
                return .list(ListValue(elements))
            }
            return .tuple(ListValue(elements))
        default: return nil
        }
    }

    private func concatenate(_ parts: [Expression], in scope: Scope) throws(TemplateError) -> TemplateValue {
        var text = TemplateText()
        for part in parts {
            let added = try self.text(of: try evaluate(part, in: scope))
            try spend(bytes: text.byteCount + added.byteCount)
            text.append(added)
        }
        return .string(text)
    }

    private func negate(_ value: TemplateValue) throws(TemplateError) -> TemplateValue {
        if let number = value.integer, number != Int.min {
            return .integer(-number)
        }
        if let wide = value.wideInteger {
            return .wide(wide.negated)
        }
        guard case .float(let number) = value else { throw badOperand("-", value) }
        return .float(-number)
    }

    private func badOperand(_ symbol: String, _ value: TemplateValue) -> TemplateError {
        if case .undefined(let undefined) = value {
            return TemplateError(undefined.message)
        }
        return TemplateError("bad operand type for unary \(symbol): '\(value.typeName)'")
    }
}

extension Int {
    /// The product of two numbers that are not negative, or the largest number.
    func multipliedOrMaximum(by factor: Int) -> Int {
        let (product, overflow) = multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : product
    }
}
