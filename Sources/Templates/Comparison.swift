/// Python's equality and order of values.
extension TemplateValue {
    /// Python's `==`, to a depth that bounds the stack; `work` is what it may still look at, and 0 when that was too little.
    ///
    /// Small values can share parts so that they have more elements than any counter can count.
    func isEqual(to other: TemplateValue, work: inout Int, depth: Int = 200) -> Bool {
        guard depth > 0, work > 0 else { return false }
        work -= 1
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none), (.blocks, .blocks): return true
        case (.string(let left), .string(let right)): return left == right
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            return left === right
                || left.elements.count == right.elements.count
                    && left.elements.isEqual(to: right.elements, work: &work, depth: depth - 1)
        case (.dictionary(let left), .dictionary(let right)):
            return left === right || left.isEqual(to: right, work: &work, depth: depth - 1)
        case (.range(let left), .range(let right)):
            return left.count == right.count
                && (left.count == 0 || left.start == right.start && (left.count == 1 || left.step == right.step))
        case (.function(let left), .function(let right)): return left == right
        default:
            if let order = numericOrder(to: other) {
                return order == 0
            }
            return isSame(as: other)
        }
    }

    /// Python's `is`, as far as values here have an identity.
    func isSame(as other: TemplateValue) -> Bool {
        switch (self, other) {
        case (.none, .none), (.blocks, .blocks): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.float(let left), .float(let right)): left == right
        case (.string(let left), .string(let right)): left == right && left.isMarkup == right.isMarkup
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)): left === right
        case (.dictionary(let left), .dictionary(let right)): left === right
        case (.undefined(let left), .undefined(let right)): left === right
        case (.iterator(let left), .iterator(let right)): left === right
        case (.namespace(let left), .namespace(let right)): left === right
        case (.loop(let left), .loop(let right)): left === right
        case (.macro(let left), .macro(let right)): left === right
        case (.cycler(let left), .cycler(let right)): left === right
        case (.joiner(let left), .joiner(let right)): left === right
        case (.method(let left), .method(let right)): left === right
        case (.function(let left), .function(let right)): left == right
        default: false
        }
    }

    /// Below, at or above 0 as two numbers compare; nil where one is none, 2 where one is not a number.
    private func numericOrder(to other: TemplateValue) -> Int? {
        if let left = integer, let right = other.integer {
            return left < right ? -1 : left == right ? 0 : 1
        }
        if let left = wideInteger, let right = other.wideInteger {
            return left < right ? -1 : left == right ? 0 : 1
        }
        guard let left = number, let right = other.number else { return nil }
        return left < right ? -1 : left == right ? 0 : left > right ? 1 : 2
    }

    /// Any integer.
    var wideInteger: WideInteger? {
        if case .wide(let value) = self { value } else { integer.map { WideInteger($0) } }
    }

    /// Any number as a Double.
    var number: Double? {
        switch self {
        case .float(let value): value
        case .wide(let value): value.double
        default: integer.map { Double($0) }
        }
    }

    /// Python's `<`.
    func isLess(than other: TemplateValue, work: inout Int) throws(TemplateError) -> Bool {
        try order(to: other, "<", work: &work, depth: 200) < 0
    }

    func compare(
        _ comparison: ComparisonOperator, _ other: TemplateValue, work: inout Int
    ) throws(TemplateError) -> Bool {
        switch comparison {
        case .equal: return isEqual(to: other, work: &work)
        case .notEqual: return !isEqual(to: other, work: &work)
        case .less: return try order(to: other, "<", work: &work, depth: 200) == -1
        case .lessOrEqual: return (-1...0).contains(try order(to: other, "<=", work: &work, depth: 200))
        case .greater: return try order(to: other, ">", work: &work, depth: 200) == 1
        case .greaterOrEqual: return (0...1).contains(try order(to: other, ">=", work: &work, depth: 200))
        case .isIn: return try other.contains(self, work: &work)
        case .isNotIn: return try !other.contains(self, work: &work)
        }
    }

    /// -1, 0 or 1, or 2 where a number is not comparable; throws for values that have no order.
    private func order(
        to other: TemplateValue, _ symbol: String, work: inout Int, depth: Int
    ) throws(TemplateError) -> Int {
        guard depth > 0 else { throw TemplateError("values nest too deeply to be compared") }
        if let order = numericOrder(to: other) {
            return order
        }
        switch (self, other) {
        case (.string(let left), .string(let right)):
            // Byte order of UTF-8 is the order of scalars.
            return left.bytes == right.bytes ? 0 : left.bytes.lexicographicallyPrecedes(right.bytes) ? -1 : 1
        case (.list(let left), .list(let right)), (.tuple(let left), .tuple(let right)):
            for (left, right) in zip(left.elements, right.elements)
            where !left.isEqual(to: right, work: &work) {
                return try left.order(to: right, symbol, work: &work, depth: depth - 1)
            }
            let (leftCount, rightCount) = (left.elements.count, right.elements.count)
            return leftCount < rightCount ? -1 : leftCount == rightCount ? 0 : 1
        case (.undefined(let undefined), _), (_, .undefined(let undefined)): throw TemplateError(undefined.message)
        default:
            throw TemplateError(
                "'\(symbol)' not supported between instances of '\(typeName)' and '\(other.typeName)'")
        }
    }

    /// Python's `in`, with this as the container.
    func contains(_ value: TemplateValue, work: inout Int) throws(TemplateError) -> Bool {
        switch self {
        case .string(let text):
            guard case .string(let part) = value else {
                throw TemplateError("'in <string>' requires string as left operand, not \(value.typeName)")
            }
            return text.firstRange(of: part.bytes) != nil
        case .list(let list), .tuple(let list): return list.elements.contains { $0.isEqual(to: value, work: &work) }
        case .dictionary(let dictionary): return try dictionary.value(of: value) != nil
        case .range(let range):
            guard let number = value.integer else { return false }
            let offset = number &- range.start
            return range.count > 0 && offset % range.step == 0 && (0..<range.count).contains(offset / range.step)
        case .view(let view): return view.elements.contains { $0.isEqual(to: value, work: &work) }
        case .iterator(let iterator):
            while let element = iterator.next() {
                if element.isEqual(to: value, work: &work) {
                    return true
                }
            }
            return false
        case .undefined: return false
        default: throw TemplateError("argument of type '\(typeName)' is not iterable")
        }
    }
}

extension DictionaryValue {
    fileprivate func isEqual(to other: DictionaryValue, work: inout Int, depth: Int) -> Bool {
        guard count == other.count else { return false }
        for (key, value) in zip(keys, values) {
            guard let otherValue = try? other.value(of: key),
                value.isEqual(to: otherValue, work: &work, depth: depth)
            else { return false }
        }
        return true
    }
}

extension [TemplateValue] {
    /// Whether the elements up to the end of the shorter are equal.
    func isEqual(to others: [TemplateValue], work: inout Int, depth: Int = 200) -> Bool {
        for (element, other) in zip(self, others) where !element.isEqual(to: other, work: &work, depth: depth) {
            return false
        }
        return true
    }
}

extension Array {
    /// The elements in order, equal ones as they stood, by an order that may fail.
    func sortedStably(
        by isLess: (Element, Element) throws(TemplateError) -> Bool
    ) throws(TemplateError) -> [Element] {
        guard count > 1 else { return self }
        let left = try Array(self[..<(count / 2)]).sortedStably(by: isLess)
        let right = try Array(self[(count / 2)...]).sortedStably(by: isLess)
        var merged: [Element] = []
        merged.reserveCapacity(count)
        var (leftIndex, rightIndex) = (0, 0)
        while leftIndex < left.count, rightIndex < right.count {
            if try isLess(right[rightIndex], left[leftIndex]) {
                merged.append(right[rightIndex])
                rightIndex += 1
            } else {
                merged.append(left[leftIndex])
                leftIndex += 1
            }
        }
        return merged + left[leftIndex...] + right[rightIndex...]
    }
}
