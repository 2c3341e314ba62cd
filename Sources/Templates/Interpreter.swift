internal import JSON

/// Runs one rendering of a syntax tree. Not shared: each rendering has its own.
final class Interpreter {
    /// How a body ended.
    enum Flow {
        case normal, breakLoop, continueLoop
    }

    let tree: SyntaxTree
    let context: JSONObject
    let limits: RenderLimits
    /// Seconds since 1970 that `strftime_now` shows; nil asks the system's clock.
    let now: Int?
    private(set) var output = TemplateText()
    private var steps = 0
    /// How many values comparisons may still look at.
    var comparisonWork: Int
    private var depth = 0
    /// The caller's variables that were read so far, by name.
    private var contextValues: [TemplateValue?]
    // Every container that was assigned: freed one by one at the end, as freeing a deep one at once would be a deep recursion.
    private var assignedContainers: [TemplateValue] = []
    private var randomState: UInt64 = 0x9E37_79B9_7F4A_7C15

    init(_ tree: SyntaxTree, context: JSONObject, limits: RenderLimits, now: Int?) {
        self.tree = tree
        self.context = context
        self.limits = limits
        self.now = now
        comparisonWork = limits.steps
        contextValues = Array(repeating: nil, count: tree.names.count)
    }

    /// The whole template's text.
    func render() throws(TemplateError) -> RenderedText {
        defer { freeContainers() }
        _ = try run(tree.body, in: Scope(parent: nil))
        return RenderedText(
            segments: output.stretches.map { stretch in
                RenderedText.Segment(
                    text: String(decoding: output.bytes[stretch.range], as: UTF8.self), origin: stretch.origin)
            })
    }
}

extension Interpreter {
    /// Frees what was assigned last first, so that each container is freed before those that it holds.
    private func freeContainers() {
        for case .namespace(let namespace) in assignedContainers {
            namespace.attributes = DictionaryValue()
        }
        while !assignedContainers.isEmpty {
            assignedContainers.removeLast()
        }
    }

    private func keepUntilEnd(_ value: TemplateValue) {
        switch value {
        case .list, .tuple, .dictionary, .view, .iterator, .namespace, .cycler, .joiner:
            assignedContainers.append(value)
        default: break
        }
    }

    /// Counts work against the limit.
    func spend(_ count: Int = 1) throws(TemplateError) {
        steps &+= count
        guard steps <= limits.steps, comparisonWork > 0 else {
            throw TemplateError("rendering takes more than \(limits.steps) steps")
        }
    }

    /// Counts the work of making or searching text.
    func spend(bytes: Int) throws(TemplateError) {
        guard bytes <= limits.textByteCount else {
            throw TemplateError("a text is longer than \(limits.textByteCount) bytes")
        }
        try spend(bytes >> 6)
    }

    /// Counts the work of making a list.
    func spend(elements: Int) throws(TemplateError) {
        guard elements <= limits.elementCount else {
            throw TemplateError("a list has more than \(limits.elementCount) elements")
        }
        try spend(elements)
    }

    func enter() throws(TemplateError) {
        depth += 1
        guard depth <= limits.depth else { throw TemplateError("maximum recursion depth exceeded") }
    }

    func leave() {
        depth -= 1
    }

    func write(_ text: TemplateText) throws(TemplateError) {
        guard output.byteCount + text.byteCount <= limits.textByteCount else {
            throw TemplateError("the rendered text is longer than \(limits.textByteCount) bytes")
        }
        try spend(text.byteCount >> 6)
        output.append(text)
    }

    /// What `body` writes, instead of to the output.
    func capture(_ body: () throws(TemplateError) -> Void) throws(TemplateError) -> TemplateText {
        let outer = output
        output = TemplateText()
        defer { output = outer }
        try body()
        return output
    }

    /// A pseudo-random number below `count`, the same in every rendering.
    func randomIndex(below count: Int) -> Int {
        randomState ^= randomState << 13
        randomState ^= randomState >> 7
        randomState ^= randomState << 17
        return Int(randomState % UInt64(count))
    }
}

extension Interpreter {
    /// The value of a name: from the scopes, the caller, or the globals.
    func lookUp(_ name: NameID, in scope: Scope) -> TemplateValue {
        if let value = scope.value(of: name) ?? contextValues[name.index] {
            return value
        }
        let text = tree.names[name.index]
        let value: TemplateValue
        if let given = context[text] {
            value = TemplateValue(given)
        } else if let function = GlobalFunction(rawValue: text) {
            value = .function(function)
        } else if name == SyntaxTree.selfName {
            value = .blocks
        } else {
            value = .undefined("'\(text)' is undefined")
        }
        contextValues[name.index] = value
        return value
    }

    func assign(_ value: TemplateValue, to target: AssignmentTarget, in scope: Scope) throws(TemplateError) {
        switch target {
        case .name(let name):
            keepUntilEnd(value)
            scope.set(name, value)
        case .namespaceAttribute(let name, let attribute):
            guard case .namespace(let namespace) = lookUp(name, in: scope) else {
                throw TemplateError("cannot assign attribute on non-namespace object")
            }
            keepUntilEnd(value)
            try namespace.attributes.set(.text(attribute), value)
        case .tuple(let targets):
            let elements = try elements(of: value)
            guard elements.count == targets.count else {
                let problem =
                    elements.count < targets.count
                    ? "not enough values to unpack (expected \(targets.count), got \(elements.count))"
                    : "too many values to unpack (expected \(targets.count))"
                throw TemplateError(problem)
            }
            for (element, target) in zip(elements, targets) {
                try assign(element, to: target, in: scope)
            }
        }
    }

    /// The elements that a loop over a value sees; an iterator's are taken.
    func elements(of value: TemplateValue) throws(TemplateError) -> [TemplateValue] {
        switch value {
        case .list(let list), .tuple(let list): return list.elements
        case .string(let text):
            try spend(elements: text.scalarCount)
            var plain = text
            plain.isMarkup = false
            return plain.characters.map(TemplateValue.string)
        case .dictionary(let dictionary): return dictionary.keys
        case .view(let view): return view.elements
        case .range(let range):
            try spend(elements: range.count)
            return (0..<range.count).map { .integer(range.element($0)) }
        case .iterator(let iterator): return iterator.drain()
        case .undefined: return []
        case .loop(let loop):
            let start = min(loop.index + 1, loop.elements.count)
            return Array(loop.elements[start...])
        default: throw TemplateError("'\(value.typeName)' object is not iterable")
        }
    }

    /// Python's len.
    func count(of value: TemplateValue) throws(TemplateError) -> Int {
        switch value {
        case .list(let list), .tuple(let list): return list.elements.count
        case .string(let text):
            try spend(bytes: text.byteCount)
            return text.scalarCount
        case .dictionary(let dictionary): return dictionary.count
        case .view(let view): return view.dictionary.count
        case .range(let range): return range.count
        case .loop(let loop): return loop.elements.count
        case .undefined: return 0
        default: throw TemplateError("object of type '\(value.typeName)' has no len()")
        }
    }

    /// Python's str.
    func text(of value: TemplateValue) throws(TemplateError) -> TemplateText {
        switch value {
        case .string(let text): return text
        case .undefined: return TemplateText()
        default: return try representation(of: value)
        }
    }

    /// Python's repr.
    func representation(of value: TemplateValue) throws(TemplateError) -> TemplateText {
        var text = TemplateText()
        try value.appendRepresentation(to: &text, byteLimit: limits.textByteCount, depth: 200)
        try spend(bytes: text.byteCount)
        return text
    }
}
