/// What `set`, `for` and `with` assign to.
extension Parser {
    /// A name, a namespace's attribute, or names between commas.
    mutating func parseTarget(
        allowsNamespace: Bool, endedBy end: String?, allowsTuple: Bool = true
    ) throws(TemplateError) -> AssignmentTarget {
        var targets: [AssignmentTarget] = []
        var isTuple = false
        while true {
            if let end, isAt(word: end) {
                break
            }
            if isAt("=") || isAt(")") || current.kind == .blockEnd {
                break
            }
            targets.append(try parseSingleTarget(allowsNamespace: allowsNamespace))
            guard allowsTuple, skip(",") else { break }
            isTuple = true
        }
        if !isTuple, let target = targets.first {
            return target
        }
        guard isTuple else { throw failure("Expected an expression, got '\(current.description)'") }
        return .tuple(targets)
    }

    private mutating func parseSingleTarget(allowsNamespace: Bool) throws(TemplateError) -> AssignmentTarget {
        if skip("(") {
            try enter()
            defer { leave() }
            let target = try parseTarget(allowsNamespace: allowsNamespace, endedBy: nil)
            try expect(")")
            return target
        }
        let name = try expectName()
        guard !["true", "false", "none", "True", "False", "None"].contains(name) else {
            throw failure("can't assign to 'const'")
        }
        if allowsNamespace, skip(".") {
            return .namespaceAttribute(intern(name), try expectName())
        }
        return .name(intern(name))
    }
}
