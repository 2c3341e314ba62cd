/// What statements do.
extension Interpreter {
    func run(_ body: [Statement], in scope: Scope) throws(TemplateError) -> Flow {
        for statement in body {
            let flow: Flow
            do {
                flow = try run(statement.kind, in: scope)
            } catch {
                throw error.located(at: statement.line)
            }
            if flow != .normal {
                return flow
            }
        }
        return .normal
    }

    private func run(_ statement: Statement.Kind, in scope: Scope) throws(TemplateError) -> Flow {
        try spend()
        switch statement {
        case .text(let text): try write(text)
        case .output(let expression): try write(try text(of: try evaluate(expression, in: scope)))
        case .set(let target, let expression):
            try assign(try evaluate(expression, in: scope), to: target, in: scope)
        case .conditional(let branches, let otherwise): return try runConditional(branches, otherwise, in: scope)
        case .forLoop(let loop):
            try enter()
            defer { leave() }
            try run(loop, over: try evaluate(loop.iterable, in: scope), depth: 0, in: scope)
        case .group(let body): _ = try run(body, in: Scope(parent: scope))
        case .breakLoop: return .breakLoop
        case .continueLoop: return .continueLoop
        case .macro(let macro): define(macro, in: scope)
        default: return try runBlock(statement, in: scope)
        }
        return .normal
    }

    private func runConditional(
        _ branches: [(test: Expression, body: [Statement])], _ otherwise: [Statement], in scope: Scope
    ) throws(TemplateError) -> Flow {
        try enter()
        defer { leave() }
        for branch in branches where try evaluate(branch.test, in: scope).isTrue {
            return try run(branch.body, in: scope)
        }
        return try run(otherwise, in: scope)
    }

    /// Statements with a body in a scope of its own.
    private func runBlock(_ statement: Statement.Kind, in scope: Scope) throws(TemplateError) -> Flow {
        try enter()
        defer { leave() }
        switch statement {
        case .setBlock(let target, let filter, let body):
            var value = TemplateValue.string(try captureBody(body, in: scope))
            if let filter {
                value = try evaluate(filter, in: scope, filterInput: value)
            }
            try assign(value, to: target, in: scope)
        case .filterBlock(let filter, let body):
            let text = try captureBody(body, in: scope)
            let result = try evaluate(filter, in: scope, filterInput: .string(text))
            guard case .string(let filtered) = result else {
                throw TemplateError("sequence item 0: expected str instance, \(result.typeName) found")
            }
            try write(filtered)
        case .with(let assignments, let body):
            let inner = Scope(parent: scope)
            for (target, expression) in assignments {
                try assign(try evaluate(expression, in: scope), to: target, in: inner)
            }
            return try run(body, in: inner)
        case .callBlock(let call, let caller):
            guard case .call(let callee, let arguments) = call else { throw TemplateError("expected call") }
            var values = try evaluate(arguments, in: scope)
            values.named.append(("caller", .macro(MacroValue(caller, scope: scope))))
            try write(try text(of: try self.call(try evaluate(callee, in: scope), values)))
        case .block(let name, let isScoped): try writeBlock(name, root: isScoped ? scope : scope.root)
        case .load: throw TemplateError("no loader for this environment specified")
        default: break
        }
        return .normal
    }

    private func captureBody(_ body: [Statement], in scope: Scope) throws(TemplateError) -> TemplateText {
        try capture { () throws(TemplateError) in
            _ = try run(body, in: Scope(parent: scope))
        }
    }

    /// A block sees the template's own variables, not those of scopes around it.
    func writeBlock(_ name: String, root: Scope) throws(TemplateError) {
        guard let body = tree.blocks[name] else { throw TemplateError("there is no block '\(name)'") }
        _ = try run(body, in: Scope(parent: root))
    }

    private func define(_ macro: Macro, in scope: Scope) {
        guard let index = tree.names.firstIndex(of: macro.name) else { return }
        scope.set(NameID(index: index), .macro(MacroValue(macro, scope: scope)))
    }
}

extension Interpreter {
    /// Runs a for statement over a value; `depth` counts the recursive calls around it.
    func run(
        _ statement: ForLoop, over iterable: TemplateValue, depth: Int, in scope: Scope
    ) throws(TemplateError) {
        var elements = try elements(of: iterable)
        if let filter = statement.filter {
            elements = try filtered(elements, by: filter, target: statement.target, in: scope)
        }
        let loop = LoopValue(elements, depth: depth, statement: statement, scope: scope)
        // As in Jinja, a pass that `break` or `continue` cuts short does not count against `else`.
        var hasFinishedPass = false
        for (index, element) in elements.enumerated() {
            try spend()
            loop.index = index
            let inner = Scope(parent: scope)
            inner.set(SyntaxTree.loopName, .loop(loop))
            try assign(element, to: statement.target, in: inner)
            let flow = try run(statement.body, in: inner)
            if flow == .breakLoop {
                break
            }
            hasFinishedPass = hasFinishedPass || flow == .normal
        }
        if !hasFinishedPass {
            _ = try run(statement.otherwise, in: Scope(parent: scope))
        }
    }

    private func filtered(
        _ elements: [TemplateValue], by filter: Expression, target: AssignmentTarget, in scope: Scope
    ) throws(TemplateError) -> [TemplateValue] {
        var kept: [TemplateValue] = []
        for element in elements {
            let inner = Scope(parent: scope)
            try assign(element, to: target, in: inner)
            if try evaluate(filter, in: inner).isTrue {
                kept.append(try unpacked(element, by: target))
            }
        }
        return kept
    }

    /// What Jinja's filtered loops hand on: a tuple of the parts where there are several targets.
    private func unpacked(
        _ element: TemplateValue, by target: AssignmentTarget
    ) throws(TemplateError) -> TemplateValue {
        guard case .tuple = target, case .list(let list) = element else { return element }
        return .tuple(list.elements)
    }
}
