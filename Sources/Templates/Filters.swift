/// Jinja's filters, by name.
enum Filter: String {
    case abs, attr, batch, capitalize, center, count, d, `default`, dictsort, e, escape, filesizeformat, first, float
    case forceescape, format, groupby, indent, int, items, join, last, length, list, lower, map, max, min, pprint
    case random, reject, rejectattr, replace, reverse, round, safe, select, selectattr, slice, sort, string, striptags
    case sum, title, tojson, trim, truncate, unique, upper, urlencode, urlize, wordcount, wordwrap, xmlattr
}

extension Interpreter {
    func apply(
        _ filter: Filter, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        try spend()
        switch filter {
        case .abs, .float, .int, .round, .sum, .filesizeformat, .max, .min:
            return try applyNumeric(filter, to: value, arguments)
        case .batch, .dictsort, .first, .groupby, .items, .last, .list, .map, .random, .reject, .rejectattr, .reverse,
            .select, .selectattr, .slice, .sort, .unique, .join:
            return try applyToSequence(filter, to: value, arguments)
        case .d, .default:
            let values = try arguments.bound(to: ["default_value", "boolean"], of: "default")
            let replaces = value.isUndefined || (values[1]?.isTrue == true && !value.isTrue)
            return replaces ? values[0] ?? .text("") : value
        case .count, .length:
            _ = try arguments.bound(to: [], of: filter.rawValue)
            return .integer(try count(of: value))
        case .attr:
            let name = try (arguments.bound(to: ["name"], required: 1, of: "attr")[0] ?? .none).asText("attr").string
            if case .dictionary = value, Methods.names[.dictionary]?.contains(name) != true {
                return .undefined("'dict object' has no attribute '\(name)'")
            }
            return try attribute(name, of: value)
        case .tojson: return .string(try json(of: value, arguments))
        default: return try applyToText(filter, to: value, arguments)
        }
    }

    /// transformers' tojson: Python's json.dumps, without sorting and without escaping for HTML.
    private func json(of value: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(
            to: ["ensure_ascii", "indent", "separators", "sort_keys"], of: "tojson")
        var indentation: TemplateText?
        switch values[1] {
        case nil, TemplateValue.none?: break
        case .string(let text)?: indentation = text
        case let width?:
            indentation = try padding(TemplateText(" "), count: try width.asInteger("tojson"))
        }
        var representation = JSONRepresentation(indentation: indentation, byteLimit: limits.textByteCount)
        representation.escapesNonASCII = values[0]?.isTrue ?? false
        representation.sortsKeys = values[3]?.isTrue ?? false
        if let separators = values[2], !separators.isNone {
            let pair = try elements(of: separators)
            guard pair.count == 2 else { throw TemplateError("separators must be a pair") }
            representation.itemSeparator = try pair[0].asText("tojson")
            representation.keySeparator = try pair[1].asText("tojson")
        }
        let text = try representation.text(of: value, maximumDepth: 200)
        try spend(bytes: text.byteCount)
        return text
    }
}

extension Interpreter {
    private func applyNumeric(
        _ filter: Filter, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        switch filter {
        case .abs:
            _ = try arguments.bound(to: [], of: "abs")
            return try absolute(value)
        case .int: return try integer(from: value, arguments)
        case .float:
            if case .undefined(let undefined) = value {
                throw TemplateError(undefined.message)
            }
            let fallback = try arguments.bound(to: ["default"], of: "float")[0]
            return try float(from: value).map(TemplateValue.float) ?? fallback ?? .float(0)
        case .round: return try rounded(value, arguments)
        case .sum:
            let values = try arguments.bound(to: ["attribute", "start"], of: "sum")
            let getter = AttributeGetter(values[0])
            var total = values[1] ?? .integer(0)
            for element in try elements(of: value) {
                total = try combine(.add, total, try get(getter, from: element))
            }
            return total
        case .filesizeformat: return .string(try fileSize(value, arguments))
        default:
            let values = try arguments.bound(to: ["case_sensitive", "attribute"], of: filter.rawValue)
            let getter = AttributeGetter(values[1], ignoresCase: values[0]?.isTrue != true)
            return try extreme(filter, of: try elements(of: value), by: getter)
        }
    }

    private func extreme(
        _ filter: Filter, of elements: [TemplateValue], by getter: AttributeGetter
    ) throws(TemplateError) -> TemplateValue {
        guard var best = elements.first else { return .undefined("No aggregated item, sequence was empty.") }
        var bestKey = try get(getter, from: best)
        for element in elements.dropFirst() {
            let key = try get(getter, from: element)
            if try filter == .max
                ? bestKey.isLess(than: key, work: &comparisonWork)
                : key.isLess(than: bestKey, work: &comparisonWork)
            {
                best = element
                bestKey = key
            }
        }
        return best
    }

    private func absolute(_ value: TemplateValue) throws(TemplateError) -> TemplateValue {
        if case .float(let number) = value {
            return .float(number.magnitude)
        }
        guard let wide = value.wideInteger else {
            throw TemplateError("bad operand type for abs(): '\(value.typeName)'")
        }
        let magnitude = wide.isNegative ? wide.negated : wide
        return magnitude.int.map(TemplateValue.integer) ?? .wide(magnitude)
    }

    private func integer(from value: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["default", "base"], of: "int")
        let base = try values[1]?.asInteger("int") ?? 10
        switch value {
        case .undefined(let undefined): throw TemplateError(undefined.message)
        case .integer, .wide: return value
        case .bool(let flag): return .integer(flag ? 1 : 0)
        case .string(let text):
            if let integer = PythonNumerals.integer(text.string, radix: base) {
                return integer.int.map(TemplateValue.integer) ?? .wide(integer)
            }
        default: break
        }
        if let number = try float(from: value), let integer = WideInteger(number) {
            return integer.int.map(TemplateValue.integer) ?? .wide(integer)
        }
        return values[0] ?? .integer(0)
    }

    private func float(from value: TemplateValue) throws(TemplateError) -> Double? {
        if case .string(let text) = value {
            return PythonNumerals.float(text.string)
        }
        return value.number
    }

    private func rounded(_ value: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["precision", "method"], of: "round")
        let precision = try values[0]?.asInteger("round") ?? 0
        let method = try values[1]?.asText("round").string ?? "common"
        guard ["common", "ceil", "floor"].contains(method) else {
            throw TemplateError("method must be common, ceil or floor")
        }
        guard let number = value.number else {
            throw TemplateError("type \(value.typeName) doesn't define __round__ method")
        }
        if method == "common" {
            if case .float = value {
                return .float(number.rounded(toPlaces: precision))
            }
            return precision >= 0
                ? value.integer.map(TemplateValue.integer) ?? value
                : try roundedInteger(value, places: -precision)
        }
        guard abs(precision) < 300 else { return .float(number) }
        let scale = Double("1e\(precision)") ?? 1
        let scaled = (number * scale).rounded(method == "ceil" ? .up : .down)
        // Python rounds to an integer, which has no negative zero.
        return .float(scaled == 0 ? 0 : scaled / scale)
    }

    /// An integer rounded half to even to a multiple of a power of ten.
    private func roundedInteger(_ value: TemplateValue, places: Int) throws(TemplateError) -> TemplateValue {
        guard places < 100 else { return .integer(0) }
        let unit = try combine(.power, .integer(10), .integer(places))
        let floor = try combine(.floorDivide, value, unit)
        let twice = try combine(.multiply, try combine(.modulo, value, unit), .integer(2))
        let isOdd = try combine(.modulo, floor, .integer(2)).integer == 1
        let goesUp =
            try unit.isLess(than: twice, work: &comparisonWork)
            || (twice.isEqual(to: unit, work: &comparisonWork) && isOdd)
        return try combine(.multiply, try combine(.add, floor, .integer(goesUp ? 1 : 0)), unit)
    }

    private func fileSize(_ value: TemplateValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let isBinary = try arguments.bound(to: ["binary"], of: "filesizeformat")[0]?.isTrue ?? false
        guard let size = try float(from: value) else { throw TemplateError("could not convert string to float") }
        let base = isBinary ? 1024.0 : 1000.0
        if size == 1 {
            return TemplateText("1 Byte", origin: .caller)
        }
        if size < base {
            return TemplateText("\(WideInteger(size)?.description ?? "0") Bytes", origin: .caller)
        }
        let units =
            isBinary
            ? ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
            : ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
        var unit = base
        for name in units {
            unit *= base
            if size < unit || name == units.last {
                return TemplateText("\((base * size / unit).fixedDigits(places: 1)) \(name)", origin: .caller)
            }
        }
        return TemplateText()
    }
}

extension Double {
    /// Python's round to so many decimal places: half to even of the exact value.
    func rounded(toPlaces places: Int) -> Double {
        guard isFinite, places < 330 else { return self }
        if places >= 0 {
            return Double((sign == .minus ? "-" : "") + fixedDigits(places: places)) ?? self
        }
        guard places > -310, let scale = Double("1e\(-places)") else { return self * 0 }
        return (self / scale).rounded(.toNearestOrEven) * scale
    }
}
