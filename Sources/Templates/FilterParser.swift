/// Filters and tests after an expression, and whether they must exist.
extension Parser {
    mutating func parseFiltersAndTests(of base: Expression) throws(TemplateError) -> Expression {
        var expression = base
        var count = 0
        defer { for _ in 0..<count { leave() } }
        while true {
            if isAt("|") {
                expression = try parseFilters(of: expression, startsWithName: false)
            } else if skip(word: "is") {
                expression = try parseTest(of: expression)
            } else if isAt("(") {
                expression = .call(expression, try parseArguments())
            } else {
                return expression
            }
            try enter()
            count += 1
        }
    }

    /// Filters between bars; with `startsWithName`, the first stands without a bar.
    mutating func parseFilters(of base: Expression?, startsWithName: Bool) throws(TemplateError) -> Expression {
        var expression = base
        var isFirst = startsWithName
        var count = 0
        defer { for _ in 0..<count { leave() } }
        while isFirst || skip("|") {
            isFirst = false
            let line = current.line
            let name = try parseDottedName()
            let arguments = isAt("(") ? try parseArguments() : Arguments()
            if let filter = Filter(rawValue: name) {
                expression = .filter(filter, expression, arguments)
            } else {
                expression = try missing("No filter named '\(name)'.", line: line)
            }
            try enter()
            count += 1
        }
        guard let expression else { throw unexpected(expected: "name") }
        return expression
    }

    private mutating func parseTest(of base: Expression) throws(TemplateError) -> Expression {
        let isNegated = skip(word: "not")
        let line = current.line
        let name = try parseDottedName()
        let arguments = try parseTestArguments()
        var expression: Expression
        if let test = TypeTest(named: name) {
            expression = .test(test, base, arguments)
        } else {
            expression = try missing("No test named '\(name)'.", line: line)
        }
        if isNegated {
            expression = .not(expression)
        }
        return expression
    }

    /// Arguments in parentheses, or a single one without: `is divisibleby 3`.
    private mutating func parseTestArguments() throws(TemplateError) -> Arguments {
        switch current.kind {
        case .symbol("("): return try parseArguments()
        case .name("else"), .name("or"), .name("and"): return Arguments()
        case .name("is"): throw failure("You cannot chain multiple tests with is")
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            return Arguments(positional: [try parsePostfixes(of: try parsePrimary())])
        default: return Arguments()
        }
    }

    private mutating func parseDottedName() throws(TemplateError) -> String {
        var name = try expectName()
        while skip(".") {
            name += "." + (try expectName())
        }
        return name
    }

    private func missing(_ message: String, line: Int) throws(TemplateError) -> Expression {
        guard isConditional else { throw TemplateError(line: line, message: message) }
        return .failure(message)
    }

    /// Whether an `if` follows at this level of brackets before the expression's end.
    func holdsConditional() -> Bool {
        var depth = 0
        for token in remainingTokens {
            switch token.kind {
            case .symbol("("), .symbol("["), .symbol("{"): depth += 1
            case .symbol(")"), .symbol("]"), .symbol("}"):
                depth -= 1
                if depth < 0 {
                    return false
                }
            case .symbol(",") where depth == 0, .blockEnd, .variableEnd, .end: return false
            case .name("if") where depth == 0: return true
            default: break
            }
        }
        return false
    }
}
