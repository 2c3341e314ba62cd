/// What filters look at in each element: itself, or an attribute such as `function.name` or `0`.
struct AttributeGetter {
    var path: [TemplateValue] = []
    var ignoresCase = false
    var fallback: TemplateValue?

    init(_ attribute: TemplateValue?, ignoresCase: Bool = false, fallback: TemplateValue? = nil) {
        self.ignoresCase = ignoresCase
        self.fallback = fallback
        switch attribute {
        case nil, TemplateValue.none?: break
        case .string(let text)?:
            path = text.string.split(separator: ".", omittingEmptySubsequences: false).map { part in
                part.utf8.allSatisfy { (48...57).contains($0) } && !part.isEmpty
                    ? .integer(Int(part) ?? Int.max) : .text(String(part))
            }
        case let index?: path = [index]
        }
    }
}

extension Interpreter {
    func get(_ getter: AttributeGetter, from element: TemplateValue) throws(TemplateError) -> TemplateValue {
        try spend()
        var value = element
        for part in getter.path {
            value = try item(part, of: value)
            if value.isUndefined, let fallback = getter.fallback, !fallback.isNone {
                value = fallback
            }
        }
        if getter.ignoresCase, case .string(let text) = value {
            return .string(text.lowercased)
        }
        return value
    }

    func applyToSequence(
        _ filter: Filter, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        switch filter {
        case .map: return .iterator(IteratorValue(try map(value, arguments)))
        case .select, .reject, .selectattr, .rejectattr:
            return .iterator(IteratorValue(try select(value, arguments, filter)))
        case .join:
            let values = try arguments.bound(to: ["d", "attribute"], of: "join")
            let getter = AttributeGetter(values[1])
            var elements: [TemplateValue] = []
            for element in try self.elements(of: value) {
                elements.append(try get(getter, from: element))
            }
            var separator = try text(of: values[0] ?? .text(""))
            separator.isMarkup = false
            return .string(try join(elements, separator: separator, requiresText: false))
        case .sort, .dictsort, .groupby, .unique: return try applyOrdering(filter, to: value, arguments)
        case .batch, .slice: return .iterator(IteratorValue(try chunks(filter, of: value, arguments)))
        case .items:
            _ = try arguments.bound(to: [], of: "items")
            if value.isUndefined {
                return .iterator(IteratorValue([]))
            }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError("Can only get item pairs from a mapping.")
            }
            return .iterator(IteratorValue(dictionary.items))
        default:
            _ = try arguments.bound(to: [], of: filter.rawValue)
            return try pick(filter, from: value)
        }
    }

    private func pick(_ filter: Filter, from value: TemplateValue) throws(TemplateError) -> TemplateValue {
        switch filter {
        case .list:
            let elements = try elements(of: value)
            try spend(elements.count)
            return .list(elements)
        case .reverse:
            if case .string(let text) = value {
                return .string(try slice(text, SliceBounds(start: nil, stop: nil, step: -1)))
            }
            let elements: [TemplateValue] = try elements(of: value).reversed()
            if case .iterator = value {
                return .list(elements)
            }
            return .iterator(IteratorValue(elements, typeName: "list_reverseiterator"))
        case .first:
            if case .iterator(let iterator) = value, let element = iterator.next() {
                return element
            }
            return try elements(of: value).first ?? .undefined("No first item, sequence was empty.")
        case .random:
            let elements = try elements(of: value)
            guard !elements.isEmpty else { return .undefined("No random item, sequence was empty.") }
            return elements[randomIndex(below: elements.count)]
        default:
            if case .iterator(let iterator) = value {
                throw TemplateError("'\(iterator.typeName)' object is not reversible")
            }
            return try elements(of: value).last ?? .undefined("No last item, sequence was empty.")
        }
    }

    private func map(_ value: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> [TemplateValue] {
        guard value.isTrue else { return [] }
        let elements = try elements(of: value)
        var mapped: [TemplateValue] = []
        if arguments.positional.isEmpty, arguments.named.contains(where: { $0.name == "attribute" }) {
            let values = try arguments.bound(to: ["attribute", "default"], of: "map")
            let getter = AttributeGetter(values[0], fallback: values[1])
            for element in elements {
                mapped.append(try get(getter, from: element))
            }
            return mapped
        }
        guard let name = arguments.positional.first else { throw TemplateError("map requires a filter argument") }
        guard let filter = Filter(rawValue: try text(of: name).string) else {
            throw TemplateError("No filter named '\(try text(of: name).string)'.")
        }
        let rest = CallArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
        for element in elements {
            mapped.append(try apply(filter, to: element, rest))
        }
        return mapped
    }

    private func select(
        _ value: TemplateValue, _ arguments: CallArguments, _ filter: Filter
    ) throws(TemplateError) -> [TemplateValue] {
        guard value.isTrue else { return [] }
        let elements = try elements(of: value)
        var rest = arguments
        var getter = AttributeGetter(nil)
        if filter == .selectattr || filter == .rejectattr {
            guard !rest.positional.isEmpty else { throw TemplateError("Missing parameter for attribute name") }
            getter = AttributeGetter(rest.positional.removeFirst())
        }
        var test: TypeTest?
        if !rest.positional.isEmpty {
            let name = try text(of: rest.positional.removeFirst()).string
            test = TypeTest(named: name)
            guard test != nil else { throw TemplateError("No test named '\(name)'.") }
        }
        let keepsMatches = filter == .select || filter == .selectattr
        var kept: [TemplateValue] = []
        for element in elements {
            let candidate = try get(getter, from: element)
            let matches = if let test { try apply(test, to: candidate, rest) } else { candidate.isTrue }
            if matches == keepsMatches {
                kept.append(element)
            }
        }
        return kept
    }
}

extension Interpreter {
    private func applyOrdering(
        _ filter: Filter, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        switch filter {
        case .sort:
            let values = try arguments.bound(to: ["reverse", "case_sensitive", "attribute"], of: "sort")
            let ignoresCase = values[1]?.isTrue != true
            let getters = sortGetters(values[2], ignoresCase: ignoresCase)
            // The key is a list even of one attribute, and lists compare where undefined values do not.
            let ordered = try sorted(try elements(of: value), isReversed: values[0]?.isTrue == true) {
                element throws(TemplateError) in
                var keys: [TemplateValue] = []
                for getter in getters {
                    keys.append(try get(getter, from: element))
                }
                return .list(keys)
            }
            return .list(ordered)
        case .dictsort:
            let values = try arguments.bound(to: ["case_sensitive", "by", "reverse"], of: "dictsort")
            let by = try values[1]?.asText("dictsort").string ?? "key"
            guard by == "key" || by == "value" else {
                throw TemplateError("You can only sort by either \"key\" or \"value\"")
            }
            guard case .dictionary(let dictionary) = value else {
                throw TemplateError("'\(value.typeName) object' has no attribute 'items'")
            }
            let getter = AttributeGetter(.integer(by == "key" ? 0 : 1), ignoresCase: values[0]?.isTrue != true)
            let ordered = try sorted(dictionary.items, isReversed: values[2]?.isTrue == true) {
                item throws(TemplateError) in try get(getter, from: item)
            }
            return .list(ordered)
        case .groupby:
            let values = try arguments.bound(
                to: ["attribute", "default", "case_sensitive"], required: 1, of: "groupby")
            return .list(try groups(of: value, values))
        default:
            let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: "unique")
            let getter = AttributeGetter(values[1], ignoresCase: values[0]?.isTrue != true)
            var seen: Set<DictionaryKey> = []
            var kept: [TemplateValue] = []
            for element in try elements(of: value)
            where seen.insert(try DictionaryKey(try get(getter, from: element))).inserted {
                kept.append(element)
            }
            return .iterator(IteratorValue(kept))
        }
    }

    /// One getter for each attribute between commas.
    private func sortGetters(_ attribute: TemplateValue?, ignoresCase: Bool) -> [AttributeGetter] {
        guard case .string(let text)? = attribute else { return [AttributeGetter(attribute, ignoresCase: ignoresCase)] }
        return text.string.split(separator: ",", omittingEmptySubsequences: false).map { part in
            AttributeGetter(.text(String(part)), ignoresCase: ignoresCase)
        }
    }

    private func sorted(
        _ elements: [TemplateValue], isReversed: Bool = false,
        by key: (TemplateValue) throws(TemplateError) -> TemplateValue
    ) throws(TemplateError) -> [TemplateValue] {
        var keyed: [(key: TemplateValue, element: TemplateValue)] = []
        for element in elements {
            keyed.append((try key(element), element))
        }
        try spend(elements.count &* (Int.bitWidth - elements.count.leadingZeroBitCount))
        // Equal elements keep their order in both directions.
        let ordered = try keyed.sortedStably { left, right throws(TemplateError) in
            try isReversed
                ? right.key.isLess(than: left.key, work: &comparisonWork)
                : left.key.isLess(than: right.key, work: &comparisonWork)
        }
        return ordered.map(\.element)
    }

    private func groups(of value: TemplateValue, _ values: [TemplateValue?]) throws(TemplateError) -> [TemplateValue] {
        let ignoresCase = values[2]?.isTrue != true
        let getter = AttributeGetter(values[0], ignoresCase: ignoresCase, fallback: values[1])
        let plain = AttributeGetter(values[0], fallback: values[1])
        var groups: [(key: TemplateValue, elements: [TemplateValue])] = []
        let ordered = try sorted(try elements(of: value)) { element throws(TemplateError) in
            try get(getter, from: element)
        }
        for element in ordered {
            let key = try get(getter, from: element)
            if !groups.isEmpty, groups[groups.count - 1].key.isEqual(to: key, work: &comparisonWork) {
                groups[groups.count - 1].elements.append(element)
            } else {
                groups.append((key, [element]))
            }
        }
        var result: [TemplateValue] = []
        for group in groups {
            result.append(.tuple([try get(plain, from: group.elements[0]), .list(group.elements)]))
        }
        return result
    }

    private func chunks(
        _ filter: Filter, of value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> [TemplateValue] {
        let isBatch = filter == .batch
        let values = try arguments.bound(
            to: [isBatch ? "linecount" : "slices", "fill_with"], required: 1, of: filter.rawValue)
        let size = try (values[0] ?? .none).asInteger(filter.rawValue)
        let fill = values[1].flatMap { $0.isNone ? nil : $0 }
        let elements = try elements(of: value)
        guard size > 0 else {
            guard !isBatch, size < 0 else {
                throw TemplateError("integer division or modulo by zero")
            }
            return []
        }
        try spend(elements: max(isBatch ? 0 : size, elements.count))
        return isBatch ? try batches(elements, size, fill) : slices(elements, size, fill)
    }

    private func batches(
        _ elements: [TemplateValue], _ size: Int, _ fill: TemplateValue?
    ) throws(TemplateError) -> [TemplateValue] {
        var batches: [TemplateValue] = []
        var start = 0
        while start < elements.count {
            var batch = Array(elements[start..<(elements.count - start > size ? start + size : elements.count)])
            start += batch.count
            if let fill, batch.count < size {
                try spend(elements: size)
                batch += Array(repeating: fill, count: size - batch.count)
            }
            batches.append(.list(batch))
        }
        return batches
    }

    private func slices(_ elements: [TemplateValue], _ count: Int, _ fill: TemplateValue?) -> [TemplateValue] {
        let (length, extra) = elements.count.quotientAndRemainder(dividingBy: count)
        var start = 0
        return (0..<count).map { index in
            let end = start + length + (index < extra ? 1 : 0)
            var slice = Array(elements[start..<end])
            start = end
            if let fill, index >= extra {
                slice.append(fill)
            }
            return .list(slice)
        }
    }
}
