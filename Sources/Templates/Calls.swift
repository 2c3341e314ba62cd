/// The evaluated arguments of a call.
struct CallArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// The arguments in the order of the callee's parameters; nil where none was given.
    func bound(
        to parameters: [String], required: Int = 0, of function: String
    ) throws(TemplateError) -> [TemplateValue?] {
        guard positional.count <= parameters.count else {
            throw TemplateError(
                "\(function)() takes at most \(parameters.count) arguments (\(positional.count) given)")
        }
        var values: [TemplateValue?] = positional
        values += Array(repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let index = parameters.firstIndex(of: name) else {
                throw TemplateError("\(function)() got an unexpected keyword argument '\(name)'")
            }
            guard values[index] == nil else {
                throw TemplateError("\(function)() got multiple values for argument '\(name)'")
            }
            values[index] = value
        }
        for index in 0..<required where values[index] == nil {
            throw TemplateError("\(function)() missing required argument: '\(parameters[index])'")
        }
        return values
    }
}

extension TemplateValue {
    /// An integer argument.
    func asInteger(_ function: String) throws(TemplateError) -> Int {
        if case .undefined(let undefined) = self {
            throw TemplateError(undefined.message)
        }
        guard let value = integer else {
            throw TemplateError("\(function): '\(typeName)' object cannot be interpreted as an integer")
        }
        return value
    }

    /// A string argument.
    func asText(_ function: String) throws(TemplateError) -> TemplateText {
        if case .undefined(let undefined) = self {
            throw TemplateError(undefined.message)
        }
        guard case .string(let text) = self else {
            throw TemplateError("\(function): must be str, not \(typeName)")
        }
        return text
    }
}

extension Interpreter {
    func call(_ callee: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateValue {
        try enter()
        defer { leave() }
        switch callee {
        case .function(let function): return try call(function, arguments)
        case .method(let method): return try call(method, arguments)
        case .macro(let macro): return .string(try call(macro, arguments))
        case .loop(let loop): return .string(try recurse(loop, arguments))
        case .joiner(let joiner):
            defer { joiner.wasUsed = true }
            return joiner.wasUsed ? joiner.separator : .text("")
        case .blockFunction(let name):
            return .string(
                try capture { () throws(TemplateError) in try writeBlock(name, root: Scope(parent: nil)) })
        case .undefined(let undefined): throw TemplateError(undefined.message)
        default: throw TemplateError("'\(callee.typeName)' object is not callable")
        }
    }

    /// Runs a recursive loop's statement again over another value.
    private func recurse(_ loop: LoopValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        guard loop.statement.isRecursive else {
            throw TemplateError("The loop must have the 'recursive' marker to be called recursively.")
        }
        let values = try arguments.bound(to: ["iterable"], required: 1, of: "loop")
        return try capture { () throws(TemplateError) in
            try run(loop.statement, over: values[0] ?? .none, depth: loop.depth + 1, in: loop.scope)
        }
    }

    private func call(_ value: MacroValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let macro = value.macro
        let scope = Scope(parent: value.scope)
        var named = arguments.named
        if macro.usesCaller || named.contains(where: { $0.name == "caller" }) {
            let index = named.firstIndex { $0.name == "caller" }
            guard macro.usesCaller else {
                throw TemplateError("macro '\(macro.name)' takes no keyword argument 'caller'")
            }
            scope.set(
                SyntaxTree.callerName, index.map { named.remove(at: $0).value } ?? .undefined("No caller defined"))
        }
        try bindParameters(of: macro, arguments.positional, &named, in: scope)
        if macro.usesKwargs {
            let members = DictionaryValue()
            for (name, value) in named {
                try members.set(.text(name), value)
            }
            scope.set(SyntaxTree.kwargsName, .dictionary(members))
        } else if let (name, _) = named.first {
            throw TemplateError("macro '\(macro.name)' takes no keyword argument '\(name)'")
        }
        let extra = arguments.positional.dropFirst(macro.parameters.count)
        if macro.usesVarargs {
            scope.set(SyntaxTree.varargsName, .tuple(Array(extra)))
        } else if !extra.isEmpty {
            throw TemplateError("macro '\(macro.name)' takes not more than \(macro.parameters.count) argument(s)")
        }
        return try capture { () throws(TemplateError) in _ = try run(macro.body, in: scope) }
    }

    /// Sets a macro's parameters, and takes those given by name from `named`.
    private func bindParameters(
        of macro: Macro, _ positional: [TemplateValue], _ named: inout [(name: String, value: TemplateValue)],
        in scope: Scope
    ) throws(TemplateError) {
        let firstDefault = macro.parameters.count - macro.defaults.count
        for (index, parameter) in macro.parameters.enumerated() {
            if index < positional.count {
                guard !named.contains(where: { $0.name == parameter.text }) else {
                    throw TemplateError("macro '\(macro.name)' got multiple values for argument '\(parameter.text)'")
                }
                scope.set(parameter.name, positional[index])
            } else if let position = named.firstIndex(where: { $0.name == parameter.text }) {
                scope.set(parameter.name, named.remove(at: position).value)
            } else if index >= firstDefault {
                scope.set(parameter.name, try evaluate(macro.defaults[index - firstDefault], in: scope))
            } else {
                scope.set(parameter.name, .undefined("parameter '\(parameter.text)' was not provided"))
            }
        }
    }
}
