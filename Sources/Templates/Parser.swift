/// Reads statements by Jinja's grammar, with loop controls and `generation` blocks. Expressions are in ExpressionParser.swift.
struct Parser {
    private let tokens: [TemplateToken]
    private var index = 0
    private var nameIDs: [String: NameID] = [:]
    private var names: [String] = []
    private var blocks: [String: [Statement]] = [:]
    private var loopDepth = 0
    // The names that each macro around the current place has read so far.
    private var macroReads: [Set<NameID>] = []
    private var nesting = 0
    /// In a branch that may not run, an unknown filter or test is an error only when it is reached.
    var isConditional = false

    /// Bounds the parser's own stack.
    private static let maximumNesting = 120

    /// The syntax tree of a template.
    static func parse(_ source: String) throws(TemplateError) -> SyntaxTree {
        var parser = Parser(tokens: try Lexer.tokens(of: source))
        let body = try parser.parseBody(until: [])
        return SyntaxTree(body: body, blocks: parser.blocks, names: parser.names)
    }

    private init(tokens: [TemplateToken]) {
        self.tokens = tokens
        for name in SyntaxTree.reservedNames {
            _ = intern(name)
        }
    }
}

extension Parser {
    var current: TemplateToken { tokens[index] }

    var next: TemplateToken { tokens[min(index + 1, tokens.count - 1)] }

    var remainingTokens: ArraySlice<TemplateToken> { tokens[index...] }

    mutating func advance() {
        index = min(index + 1, tokens.count - 1)
    }

    func isAt(_ symbol: String) -> Bool {
        current.kind == .symbol(symbol)
    }

    func isAt(word: String) -> Bool {
        current.kind == .name(word)
    }

    mutating func skip(_ symbol: String) -> Bool {
        guard isAt(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(word: String) -> Bool {
        guard isAt(word: word) else { return false }
        advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(TemplateError) {
        guard skip(symbol) else { throw unexpected(expected: symbol) }
    }

    mutating func expectName() throws(TemplateError) -> String {
        guard case .name(let name) = current.kind else { throw unexpected(expected: "name") }
        advance()
        return name
    }

    func failure(_ message: String) -> TemplateError {
        TemplateError(line: current.line, message: message)
    }

    func unexpected(expected: String) -> TemplateError {
        if case .end = current.kind {
            return failure("unexpected end of template, expected '\(expected)'.")
        }
        return failure("expected token '\(expected)', got '\(current.description)'")
    }

    mutating func intern(_ name: String) -> NameID {
        if let id = nameIDs[name] {
            return id
        }
        let id = NameID(index: names.count)
        nameIDs[name] = id
        names.append(name)
        return id
    }

    /// The id of a name that is read here.
    mutating func read(_ name: String) -> NameID {
        let id = intern(name)
        for index in macroReads.indices {
            macroReads[index].insert(id)
        }
        return id
    }

    mutating func enter() throws(TemplateError) {
        nesting += 1
        guard nesting <= Self.maximumNesting else { throw failure("expressions or blocks nest too deeply") }
    }

    mutating func leave() {
        nesting -= 1
    }
}

extension Parser {
    /// Reads statements up to a block tag of one of these names, and stands at its name; with none, up to the end.
    private mutating func parseBody(until ends: [String]) throws(TemplateError) -> [Statement] {
        try enter()
        defer { leave() }
        var body: [Statement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .text(let text):
                body.append(Statement(kind: .text(TemplateText(text)), line: line))
                advance()
            case .variableBegin:
                advance()
                let expression = try parseTuple()
                guard current.kind == .variableEnd else { throw unexpected(expected: "end of print statement") }
                advance()
                body.append(Statement(kind: .output(expression), line: line))
            case .blockBegin:
                advance()
                if case .name(let name) = current.kind, ends.contains(name) {
                    return body
                }
                let kind = try parseStatement(endedBy: ends)
                try expectBlockEnd()
                body.append(Statement(kind: kind, line: line))
            case .end where ends.isEmpty: return body
            case .end:
                throw failure(
                    "Unexpected end of template. Jinja was looking for the following tags: "
                        + ends.map { "'\($0)'" }.joined(separator: " or ") + ".")
            default: throw failure("unexpected '\(current.description)'")
            }
        }
    }

    private mutating func expectBlockEnd() throws(TemplateError) {
        guard current.kind == .blockEnd else { throw unexpected(expected: "end of statement block") }
        advance()
    }

    /// The body after a statement's own tag, up to its end tag, which is read but for its `%}`.
    private mutating func parseBodyAndEnd(_ end: String) throws(TemplateError) -> [Statement] {
        try expectBlockEnd()
        let body = try parseBody(until: [end])
        advance()
        return body
    }

    private mutating func parseStatement(endedBy ends: [String]) throws(TemplateError) -> Statement.Kind {
        guard case .name(let tag) = current.kind else { throw failure("tag name expected") }
        let wasConditional = isConditional
        defer { isConditional = wasConditional }
        let tagToken = current
        advance()
        switch tag {
        case "for": return try parseFor()
        case "if": return try parseIf()
        case "set": return try parseSet()
        case "macro": return try parseMacro()
        case "call": return try parseCallBlock()
        case "with": return try parseWith()
        case "filter":
            isConditional = false
            let filter = try parseFilters(of: nil, startsWithName: true)
            return .filterBlock(filter, body: try parseBodyAndEnd("endfilter"))
        case "block": return try parseBlock()
        case "print": return .output(try parseTuple())
        case "generation": return try parseGeneration()
        case "break", "continue":
            guard loopDepth > 0 else {
                throw TemplateError(line: tagToken.line, message: "'\(tag)' outside of a loop")
            }
            return tag == "break" ? .breakLoop : .continueLoop
        case "include", "import", "extends", "from":
            while current.kind != .blockEnd, current.kind != .end {
                advance()
            }
            return .load
        default:
            var message = "Encountered unknown tag '\(tag)'."
            if !ends.isEmpty {
                message += " Jinja was looking for the following tags: "
                message += ends.map { "'\($0)'" }.joined(separator: " or ") + "."
            }
            throw TemplateError(line: tagToken.line, message: message)
        }
    }

    private mutating func parseFor() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsNamespace: false, endedBy: "in")
        guard skip(word: "in") else { throw unexpected(expected: "in") }
        let iterable = try parseTuple(allowsConditional: false, endedBy: "recursive")
        isConditional = false
        let filter = skip(word: "if") ? try parseExpression() : nil
        let isRecursive = skip(word: "recursive")
        try expectBlockEnd()
        loopDepth += 1
        let body = try parseBody(until: ["endfor", "else"])
        loopDepth -= 1
        var otherwise: [Statement] = []
        if isAt(word: "else") {
            advance()
            otherwise = try parseBodyAndEnd("endfor")
        } else {
            advance()
        }
        return .forLoop(
            ForLoop(
                target: target, iterable: iterable, filter: filter, isRecursive: isRecursive, body: body,
                otherwise: otherwise))
    }

    private mutating func parseIf() throws(TemplateError) -> Statement.Kind {
        isConditional = true
        var branches: [(test: Expression, body: [Statement])] = []
        while true {
            let test = try parseTuple(allowsConditional: false)
            try expectBlockEnd()
            let body = try parseBody(until: ["elif", "else", "endif"])
            branches.append((test, body))
            if skip(word: "elif") {
                continue
            }
            if skip(word: "else") {
                return .conditional(branches, otherwise: try parseBodyAndEnd("endif"))
            }
            advance()
            return .conditional(branches, otherwise: [])
        }
    }

    private mutating func parseSet() throws(TemplateError) -> Statement.Kind {
        let target = try parseTarget(allowsNamespace: true, endedBy: nil)
        if skip("=") {
            return .set(target, try parseTuple())
        }
        isConditional = false
        let filter = isAt("|") ? try parseFilters(of: nil, startsWithName: false) : nil
        return .setBlock(target, filter: filter, body: try parseBodyAndEnd("endset"))
    }

    private mutating func parseWith() throws(TemplateError) -> Statement.Kind {
        var assignments: [(target: AssignmentTarget, value: Expression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty {
                try expect(",")
            }
            let target = try parseTarget(allowsNamespace: false, endedBy: nil, allowsTuple: true)
            try expect("=")
            assignments.append((target, try parseExpression()))
        }
        isConditional = false
        return .with(assignments, body: try parseBodyAndEnd("endwith"))
    }

    private mutating func parseBlock() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        guard blocks[name] == nil else { throw failure("block '\(name)' defined twice") }
        let isScoped = skip(word: "scoped")
        guard !skip(word: "required") else {
            throw failure("block '\(name)' is required, and there is no template to define it")
        }
        // Blocks run on their own: a loop around them is not theirs to leave.
        let depth = loopDepth
        loopDepth = 0
        defer { loopDepth = depth }
        isConditional = false
        blocks[name] = []
        blocks[name] = try parseBodyAndEnd("endblock")
        _ = skip(word: name)
        return .block(name, isScoped: isScoped)
    }

    private mutating func parseGeneration() throws(TemplateError) -> Statement.Kind {
        let depth = loopDepth
        loopDepth = 0
        defer { loopDepth = depth }
        isConditional = false
        return .group(try parseBodyAndEnd("endgeneration"))
    }

    private mutating func parseMacro() throws(TemplateError) -> Statement.Kind {
        let name = try expectName()
        _ = intern(name)
        return .macro(try parseMacroRest(name: name, endTag: "endmacro"))
    }

    private mutating func parseCallBlock() throws(TemplateError) -> Statement.Kind {
        var call: Expression?
        let caller = try parseCallable(name: "caller", endTag: "endcall") { parser throws(TemplateError) in
            let hasSignature = parser.isAt("(")
            let signature = hasSignature ? try parser.parseSignature() : Signature()
            // The call itself belongs to the template around it, not to the caller's body.
            let expression = try parser.parseExpression()
            guard case .call = expression else { throw parser.failure("expected call") }
            call = expression
            return signature
        }
        guard let call else { throw failure("expected call") }
        return .callBlock(call: call, caller: caller)
    }

    private mutating func parseMacroRest(name: String, endTag: String) throws(TemplateError) -> Macro {
        try parseCallable(name: name, endTag: endTag) { parser throws(TemplateError) in try parser.parseSignature() }
    }

    private struct Signature {
        var parameters: [(name: NameID, text: String)] = []
        var defaults: [Expression] = []
    }

    private mutating func parseCallable(
        name: String, endTag: String, signature: (inout Parser) throws(TemplateError) -> Signature
    ) throws(TemplateError) -> Macro {
        let depth = loopDepth
        let signature = try signature(&self)
        loopDepth = 0
        isConditional = false
        macroReads.append([])
        let body = try parseBodyAndEnd(endTag)
        loopDepth = depth
        let reads = macroReads.removeLast()
        return Macro(
            name: name, parameters: signature.parameters, defaults: signature.defaults, body: body,
            usesVarargs: reads.contains(SyntaxTree.varargsName), usesKwargs: reads.contains(SyntaxTree.kwargsName),
            usesCaller: reads.contains(SyntaxTree.callerName))
    }

    private mutating func parseSignature() throws(TemplateError) -> Signature {
        var signature = Signature()
        try expect("(")
        while !isAt(")") {
            if !signature.parameters.isEmpty {
                try expect(",")
            }
            let name = try expectName()
            signature.parameters.append((intern(name), name))
            if skip("=") {
                signature.defaults.append(try parseExpression())
            } else if !signature.defaults.isEmpty {
                throw failure("non-default argument follows default argument")
            }
        }
        try expect(")")
        return signature
    }
}
