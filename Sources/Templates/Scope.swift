/// The variables of a template, loop body, macro call or other block with names of its own.
final class Scope {
    let parent: Scope?
    // Few names per scope: a linear search is faster than hashing.
    private var variables: [(name: NameID, value: TemplateValue)] = []

    init(parent: Scope?) {
        self.parent = parent
    }

    /// The value of a name here or in a scope around.
    func value(of name: NameID) -> TemplateValue? {
        var scope = self
        while true {
            for variable in scope.variables where variable.name == name {
                return variable.value
            }
            guard let parent = scope.parent else { return nil }
            scope = parent
        }
    }

    /// Sets a name in this scope; one of the same name around is hidden, not changed.
    func set(_ name: NameID, _ value: TemplateValue) {
        for index in variables.indices where variables[index].name == name {
            variables[index].value = value
            return
        }
        variables.append((name, value))
    }

    /// The outermost scope.
    var root: Scope {
        var scope = self
        while let parent = scope.parent {
            scope = parent
        }
        return scope
    }
}
