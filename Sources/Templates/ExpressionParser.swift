/// Expressions by Jinja's grammar and precedence, from loosest to tightest:
/// `if else`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`, signs, postfixes, filters and tests.
extension Parser {
    /// Expressions between commas as a tuple, or a single expression.
    mutating func parseTuple(
        allowsConditional: Bool = true, endedBy end: String? = nil, isInParentheses: Bool = false
    ) throws(TemplateError) -> Expression {
        var elements: [Expression] = []
        var isTuple = false
        while !isAtTupleEnd(end) {
            elements.append(try parseExpression(allowsConditional: allowsConditional))
            guard skip(",") else { break }
            isTuple = true
        }
        if !isTuple, let element = elements.first {
            return element
        }
        guard isTuple || isInParentheses else {
            throw failure("Expected an expression, got '\(current.description)'")
        }
        return .tuple(elements)
    }

    private func isAtTupleEnd(_ end: String?) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd, .symbol(")"): true
        case .name(let name): name == end
        default: false
        }
    }

    mutating func parseExpression(allowsConditional: Bool = true) throws(TemplateError) -> Expression {
        try enter()
        defer { leave() }
        guard allowsConditional else { return try parseOr() }
        let wasConditional = isConditional
        // Whether a condition follows is known only after the value before it was read.
        isConditional = isConditional || holdsConditional()
        defer { isConditional = wasConditional }
        var expression = try parseOr()
        while skip(word: "if") {
            let test = try parseOr()
            let otherwise = skip(word: "else") ? try parseExpression() : nil
            expression = .conditional(test: test, then: expression, otherwise: otherwise)
        }
        return expression
    }

    private mutating func parseOr() throws(TemplateError) -> Expression {
        var operands = [try parseAnd()]
        while skip(word: "or") {
            operands.append(try parseAnd())
        }
        return operands.count == 1 ? operands[0] : .or(operands)
    }

    private mutating func parseAnd() throws(TemplateError) -> Expression {
        var operands = [try parseNot()]
        while skip(word: "and") {
            operands.append(try parseNot())
        }
        return operands.count == 1 ? operands[0] : .and(operands)
    }

    private mutating func parseNot() throws(TemplateError) -> Expression {
        guard skip(word: "not") else { return try parseComparison() }
        try enter()
        defer { leave() }
        return .not(try parseNot())
    }

    private mutating func parseComparison() throws(TemplateError) -> Expression {
        let first = try parseArithmetic(minimumPrecedence: 0)
        var rest: [(ComparisonOperator, Expression)] = []
        while let comparison = skipComparisonOperator() {
            rest.append((comparison, try parseArithmetic(minimumPrecedence: 0)))
        }
        return rest.isEmpty ? first : .comparison(first, rest)
    }

    private mutating func skipComparisonOperator() -> ComparisonOperator? {
        switch current.kind {
        case .symbol(let symbol):
            guard let comparison = ComparisonOperator(rawValue: symbol) else { return nil }
            advance()
            return comparison
        case .name("in"):
            advance()
            return .isIn
        case .name("not") where next.kind == .name("in"):
            advance()
            advance()
            return .isNotIn
        default: return nil
        }
    }

    /// Arithmetic of all levels by climbing: `+ -` is 0, `~` 1, `* / // %` 2, `**` 3; all from left to right.
    private mutating func parseArithmetic(minimumPrecedence: Int) throws(TemplateError) -> Expression {
        var left = try parseUnary()
        while case .symbol(let symbol) = current.kind, let precedence = Self.precedences[symbol],
            precedence >= minimumPrecedence
        {
            advance()
            let right = try parseArithmetic(minimumPrecedence: precedence + 1)
            left = try joined(left, symbol, right)
        }
        return left
    }

    /// Keeps a chain of operators in one node, so that a long one does not make a deep tree.
    private func joined(
        _ left: Expression, _ symbol: String, _ right: Expression
    ) throws(TemplateError) -> Expression {
        guard let arithmetic = ArithmeticOperator(rawValue: symbol) else {
            guard case .concatenation(let parts) = left else { return .concatenation([left, right]) }
            guard parts.count < Self.maximumChainLength else { throw failure("an expression has too many operators") }
            return .concatenation(parts + [right])
        }
        guard case .arithmetic(let first, let rest) = left else { return .arithmetic(left, [(arithmetic, right)]) }
        guard rest.count < Self.maximumChainLength else { throw failure("an expression has too many operators") }
        return .arithmetic(first, rest + [(arithmetic, right)])
    }

    private static let maximumChainLength = 1000

    private static let precedences = ["+": 0, "-": 0, "~": 1, "*": 2, "/": 2, "//": 2, "%": 2, "**": 3]

    private mutating func parseUnary(allowsFilters: Bool = true) throws(TemplateError) -> Expression {
        var expression: Expression
        if isAt("-") || isAt("+") {
            let isNegative = isAt("-")
            advance()
            try enter()
            defer { leave() }
            let operand = try parseUnary(allowsFilters: false)
            expression = isNegative ? .negative(operand) : .positive(operand)
        } else {
            expression = try parsePrimary()
        }
        expression = try parsePostfixes(of: expression)
        return allowsFilters ? try parseFiltersAndTests(of: expression) : expression
    }
}

extension Parser {
    mutating func parsePrimary() throws(TemplateError) -> Expression {
        switch current.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": return .bool(true)
            case "false", "False": return .bool(false)
            case "none", "None": return .none
            default: return .name(read(name))
            }
        case .string(var text):
            advance()
            while case .string(let more) = current.kind {
                text += more
                advance()
            }
            return .string(TemplateText(text))
        case .integer(let digits):
            advance()
            return try integer(digits)
        case .float(let value):
            advance()
            return .float(value)
        case .symbol("("):
            advance()
            let expression = try parseTuple(isInParentheses: true)
            try expect(")")
            return expression
        case .symbol("["): return try parseList()
        case .symbol("{"): return try parseDictionary()
        case .end: throw failure("unexpected end of template")
        default: throw failure("unexpected '\(current.description)'")
        }
    }

    private func integer(_ digits: String) throws(TemplateError) -> Expression {
        if let value = Int(digits) {
            return .integer(value)
        }
        guard let value = WideInteger(digits, radix: 10) else { throw failure("an integer has too many digits") }
        return .wide(value)
    }

    private mutating func parseList() throws(TemplateError) -> Expression {
        advance()
        var elements: [Expression] = []
        while !isAt("]") {
            if !elements.isEmpty {
                try expect(",")
                if isAt("]") {
                    break
                }
            }
            elements.append(try parseExpression())
        }
        try expect("]")
        return .list(elements)
    }

    private mutating func parseDictionary() throws(TemplateError) -> Expression {
        advance()
        var members: [(key: Expression, value: Expression)] = []
        while !isAt("}") {
            if !members.isEmpty {
                try expect(",")
                if isAt("}") {
                    break
                }
            }
            let key = try parseExpression()
            try expect(":")
            members.append((key, try parseExpression()))
        }
        try expect("}")
        return .dictionary(members)
    }

    mutating func parsePostfixes(of base: Expression) throws(TemplateError) -> Expression {
        var expression = base
        var count = 0
        defer { for _ in 0..<count { leave() } }
        while true {
            if skip(".") {
                expression = try parseAttribute(of: expression)
            } else if skip("[") {
                expression = try parseSubscript(of: expression)
            } else if isAt("(") {
                expression = .call(expression, try parseArguments())
            } else {
                return expression
            }
            // Each postfix nests the tree by one level, which the interpreter walks recursively.
            try enter()
            count += 1
        }
    }

    private mutating func parseAttribute(of base: Expression) throws(TemplateError) -> Expression {
        let token = current
        advance()
        switch token.kind {
        case .name(let name): return .attribute(base, name)
        case .integer(let digits): return .item(base, try integer(digits))
        default: throw TemplateError(line: token.line, message: "expected name or number")
        }
    }

    private mutating func parseSubscript(of base: Expression) throws(TemplateError) -> Expression {
        if isAt("]") {
            advance()
            return .item(base, .tuple([]))
        }
        var start: Expression?
        if !isAt(":") {
            let index = try parseExpression()
            if isAt(",") {
                var indices = [index]
                while skip(","), !isAt("]") {
                    indices.append(try parseExpression())
                }
                try expect("]")
                return .item(base, .tuple(indices))
            }
            if skip("]") {
                return .item(base, index)
            }
            start = index
        }
        try expect(":")
        let stop = isAt(":") || isAt("]") ? nil : try parseExpression()
        let step = skip(":") && !isAt("]") ? try parseExpression() : nil
        try expect("]")
        return .slice(base, start: start, stop: stop, step: step)
    }

    mutating func parseArguments() throws(TemplateError) -> Arguments {
        let invalid = failure("invalid syntax for function call expression")
        var arguments = Arguments()
        var isFirst = true
        try expect("(")
        while !isAt(")") {
            if !isFirst {
                try expect(",")
                if isAt(")") {
                    break
                }
            }
            isFirst = false
            if skip("*") {
                guard arguments.positionalSpread == nil, arguments.namedSpread == nil else { throw invalid }
                arguments.positionalSpread = try parseExpression()
            } else if skip("**") {
                guard arguments.namedSpread == nil else { throw invalid }
                arguments.namedSpread = try parseExpression()
            } else if case .name(let name) = current.kind, next.kind == .symbol("=") {
                guard arguments.namedSpread == nil else { throw invalid }
                advance()
                advance()
                arguments.named.append((name, try parseExpression()))
            } else {
                guard arguments.positionalSpread == nil, arguments.namedSpread == nil, arguments.named.isEmpty else {
                    throw invalid
                }
                arguments.positional.append(try parseExpression())
            }
        }
        try expect(")")
        return arguments
    }
}
