/// Attributes, items and slices of values, as Jinja's environment looks them up.
extension Interpreter {
    /// `value.name`: a method or attribute first, an item second.
    func attribute(_ name: String, of value: TemplateValue) throws(TemplateError) -> TemplateValue {
        if case .undefined(let undefined) = value {
            guard name.hasPrefix("__"), name.hasSuffix("__") else { throw TemplateError(undefined.message) }
            return value
        }
        if let found = try ownAttribute(name, of: value) {
            return found
        }
        if case .dictionary(let dictionary) = value, let found = dictionary.value(of: name) {
            return found
        }
        return missingAttribute(name, of: value)
    }

    /// `value[index]`: an item first, a method or attribute second.
    func item(_ index: TemplateValue, of value: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch value {
        case .undefined(let undefined): throw TemplateError(undefined.message)
        case .dictionary(let dictionary):
            if let found = try? dictionary.value(of: index) {
                return found
            }
        case .list(let list), .tuple(let list):
            if let position = index.integer {
                let elements = list.elements
                let offset = position < 0 ? position &+ elements.count : position
                return elements.indices.contains(offset) ? elements[offset] : missingItem(index, of: value)
            }
        case .string(let text):
            if let position = index.integer {
                return try character(position, of: text) ?? missingItem(index, of: value)
            }
        case .range(let range):
            if let position = index.integer {
                let offset = position < 0 ? position &+ range.count : position
                return (0..<range.count).contains(offset)
                    ? .integer(range.element(offset)) : missingItem(index, of: value)
            }
        default: break
        }
        if case .string(let name) = index {
            return try ownAttribute(name.string, of: value) ?? missingAttribute(name.string, of: value)
        }
        return missingItem(index, of: value)
    }

    private func character(_ position: Int, of text: TemplateText) throws(TemplateError) -> TemplateValue? {
        try spend(bytes: text.byteCount)
        let position = position < 0 ? position &+ text.scalarCount : position
        guard position >= 0 else { return nil }
        let start = text.offset(ofScalar: position)
        guard start < text.byteCount else { return nil }
        var end = start + 1
        while end < text.byteCount, text.bytes[end] & 0xC0 == 0x80 {
            end += 1
        }
        return .string(text.slice(start..<end))
    }

    private func missingAttribute(_ name: String, of value: TemplateValue) -> TemplateValue {
        .undefined("'\(value.typeName) object' has no attribute '\(name)'")
    }

    private func missingItem(_ index: TemplateValue, of value: TemplateValue) -> TemplateValue {
        var name = TemplateText()
        try? index.appendRepresentation(to: &name, byteLimit: 1000, depth: 20)
        return .undefined("\(value.typeName) object has no element \(name.string)")
    }

    /// What Python's getattr finds, as far as the sandbox lets a template see it.
    private func ownAttribute(_ name: String, of value: TemplateValue) throws(TemplateError) -> TemplateValue? {
        if name.hasPrefix("__"), name.hasSuffix("__") {
            return .undefined(
                UndefinedValue(
                    "access to attribute '\(name)' of '\(value.typeName)' object is unsafe.", isUnsafeAccess: true))
        }
        switch value {
        case .namespace(let namespace): return namespace.attributes.value(of: name)
        case .loop(let loop): return loop.attribute(name)
        case .macro(let macro): return macro.attribute(name)
        case .cycler(let cycler):
            if name == "current" {
                return cycler.elements[cycler.position]
            }
        case .blocks: return tree.blocks[name] == nil ? nil : .blockFunction(name)
        case .integer, .bool, .wide, .float:
            if let found = numberAttribute(name, of: value) {
                return found
            }
        case .range(let range):
            switch name {
            case "start": return .integer(range.start)
            case "stop": return .integer(range.stop)
            case "step": return .integer(range.step)
            default: break
            }
        default: break
        }
        guard let methods = Methods.names[value.methodFamily] else { return nil }
        if methods.contains(name) {
            return .method(MethodValue(name, of: value))
        }
        if Methods.changingNames[value.methodFamily]?.contains(name) == true {
            return .undefined(
                UndefinedValue(
                    "access to attribute '\(name)' of '\(value.typeName)' object is unsafe.", isUnsafeAccess: true))
        }
        return nil
    }

    private func numberAttribute(_ name: String, of value: TemplateValue) -> TemplateValue? {
        switch (name, value) {
        case ("real", .float): value
        case ("real", .wide), ("numerator", .wide): value
        case ("real", _), ("numerator", .integer), ("numerator", .bool): .integer(value.integer ?? 0)
        case ("imag", .float): .float(0)
        case ("imag", _): .integer(0)
        case ("denominator", .integer), ("denominator", .bool), ("denominator", .wide): .integer(1)
        default: nil
        }
    }
}

/// The parts of a slice as written.
struct SliceBounds {
    var start: Int?
    var stop: Int?
    var step: Int?

    /// The indices of the slice in something of this length, by Python's rules.
    func indices(count: Int) throws(TemplateError) -> [Int] {
        let step = min(max(step ?? 1, -count - 1), count + 1)
        guard self.step != 0 else { throw TemplateError("slice step cannot be zero") }
        func clamped(_ bound: Int, _ low: Int, _ high: Int) -> Int {
            min(max(bound < 0 ? bound &+ count : bound, low), high)
        }
        if step > 0 {
            let first = clamped(start ?? 0, 0, count)
            let end = clamped(stop ?? count, 0, count)
            return Array(Swift.stride(from: first, to: end, by: step))
        }
        let first = start.map { clamped($0, -1, count - 1) } ?? count - 1
        let end = stop.map { clamped($0, -1, count - 1) } ?? -1
        return Array(Swift.stride(from: first, to: end, by: step))
    }
}

extension Interpreter {
    func bound(_ expression: Expression?, in scope: Scope) throws(TemplateError) -> Int? {
        guard let expression else { return nil }
        let value = try evaluate(expression, in: scope)
        if value.isNone {
            return nil
        }
        if let bound = value.integer {
            return bound
        }
        if case .wide(let wide) = value {
            return wide.isNegative ? Int.min / 2 : Int.max / 2
        }
        throw TemplateError("slice indices must be integers or None or have an __index__ method")
    }

    func slice(_ value: TemplateValue, _ bounds: SliceBounds) throws(TemplateError) -> TemplateValue {
        switch value {
        case .string(let text): return .string(try slice(text, bounds))
        case .list(let list):
            return .list(ListValue(try slice(list.elements, bounds), origin: list.origin))
        case .tuple(let list):
            return .tuple(ListValue(try slice(list.elements, bounds), origin: list.origin))
        case .range(let range):
            let indices = try bounds.indices(count: min(range.count, limits.elementCount))
            let step = range.step &* (bounds.step ?? 1)
            guard let first = indices.first else {
                return .range(RangeValue(start: range.start, stop: range.start, step: step))
            }
            let start = range.element(first)
            return .range(RangeValue(start: start, stop: start &+ indices.count &* step, step: step))
        case .undefined(let undefined): throw TemplateError(undefined.message)
        case .dictionary: throw TemplateError("unhashable type: 'slice'")
        default: throw TemplateError("'\(value.typeName)' object is not subscriptable")
        }
    }

    private func slice(_ elements: [TemplateValue], _ bounds: SliceBounds) throws(TemplateError) -> [TemplateValue] {
        try spend(elements.count)
        return try bounds.indices(count: elements.count).map { elements[$0] }
    }

    func slice(_ text: TemplateText, _ bounds: SliceBounds) throws(TemplateError) -> TemplateText {
        try spend(bytes: text.byteCount)
        let count = text.scalarCount
        if (bounds.step ?? 1) == 1 {
            let start = min(max(bounds.start.map { $0 < 0 ? $0 &+ count : $0 } ?? 0, 0), count)
            let stop = min(max(bounds.stop.map { $0 < 0 ? $0 &+ count : $0 } ?? count, start), count)
            return text.slice(text.offset(ofScalar: start)..<text.offset(ofScalar: stop))
        }
        try spend(count)
        let ranges = text.scalarRanges
        var result = TemplateText()
        for index in try bounds.indices(count: count) {
            result.append(text, range: ranges[index])
        }
        result.isMarkup = text.isMarkup
        return result
    }
}

extension LoopValue {
    /// The attributes of `loop`.
    func attribute(_ name: String) -> TemplateValue? {
        let count = elements.count
        switch name {
        case "index": return .integer(index + 1)
        case "index0": return .integer(index)
        case "revindex": return .integer(count - index)
        case "revindex0": return .integer(count - index - 1)
        case "first": return .bool(index == 0)
        case "last": return .bool(index == count - 1)
        case "length": return .integer(count)
        case "depth": return .integer(depth + 1)
        case "depth0": return .integer(depth)
        case "previtem": return index > 0 ? elements[index - 1] : .undefined("there is no previous item")
        case "nextitem": return index + 1 < count ? elements[index + 1] : .undefined("there is no next item")
        case "cycle", "changed": return .method(MethodValue(name, of: .loop(self)))
        default: return nil
        }
    }
}

extension MacroValue {
    /// The attributes of a macro.
    func attribute(_ name: String) -> TemplateValue? {
        switch name {
        case "name": .text(macro.name)
        case "arguments": .tuple(macro.parameters.map { .text($0.text) })
        case "catch_kwargs": .bool(macro.usesKwargs)
        case "catch_varargs": .bool(macro.usesVarargs)
        case "caller": .bool(macro.usesCaller)
        default: nil
        }
    }
}
