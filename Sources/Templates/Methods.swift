/// The methods that the sandbox lets templates call, and those it refuses because they change their value.
enum Methods {
    /// Groups of types with the same methods.
    enum Family: Hashable {
        case string, list, tuple, dictionary, integer, float, cycler, range, other
    }

    static let names: [Family: Set<String>] = [
        .string: [
            "capitalize", "casefold", "center", "count", "encode", "endswith", "expandtabs", "find", "format",
            "format_map", "index", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier", "islower",
            "isnumeric", "isprintable", "isspace", "istitle", "isupper", "join", "ljust", "lower", "lstrip",
            "partition", "removeprefix", "removesuffix", "replace", "rfind", "rindex", "rjust", "rpartition", "rsplit",
            "rstrip", "split", "splitlines", "startswith", "strip", "swapcase", "title", "upper", "zfill",
        ],
        .list: ["count", "index", "copy"],
        .tuple: ["count", "index"],
        .range: ["count", "index"],
        .dictionary: ["get", "items", "keys", "values", "copy"],
        .integer: ["bit_length", "conjugate"],
        .float: ["is_integer", "conjugate"],
        .cycler: ["next", "reset"],
    ]

    static let changingNames: [Family: Set<String>] = [
        .list: ["append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"],
        .dictionary: ["clear", "pop", "popitem", "setdefault", "update"],
    ]
}

extension TemplateValue {
    var methodFamily: Methods.Family {
        switch self {
        case .string: .string
        case .list: .list
        case .tuple: .tuple
        case .dictionary: .dictionary
        case .integer, .wide, .bool: .integer
        case .float: .float
        case .cycler: .cycler
        case .range: .range
        default: .other
        }
    }
}

extension Interpreter {
    func call(_ method: MethodValue, _ arguments: CallArguments) throws(TemplateError) -> TemplateValue {
        switch method.receiver {
        case .string(let text): return try callStringMethod(method.name, of: text, arguments)
        case .list, .tuple, .range: return try callSequenceMethod(method, arguments)
        case .dictionary(let dictionary): return try callDictionaryMethod(method.name, of: dictionary, arguments)
        case .cycler(let cycler):
            _ = try arguments.bound(to: [], of: method.name)
            guard method.name == "next" else {
                cycler.position = 0
                return .none
            }
            defer { cycler.position = (cycler.position + 1) % cycler.elements.count }
            return cycler.elements[cycler.position]
        case .loop(let loop): return try callLoopMethod(method.name, of: loop, arguments)
        case .float(let value) where method.name == "is_integer":
            return .bool(value.isFinite && value == value.rounded(.towardZero))
        case .integer(let value) where method.name == "bit_length":
            return .integer(Int.bitWidth - value.magnitude.leadingZeroBitCount)
        case .bool(let flag): return .integer(flag ? 1 : 0)
        default: return method.receiver
        }
    }

    private func callSequenceMethod(
        _ method: MethodValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        let elements = try elements(of: method.receiver)
        switch method.name {
        case "copy": return .list(elements)
        case "count":
            let value = try arguments.bound(to: ["value"], required: 1, of: "count")[0] ?? .none
            return .integer(elements.count { $0.isEqual(to: value, work: &comparisonWork) })
        default:
            let values = try arguments.bound(to: ["value", "start", "stop"], required: 1, of: "index")
            let value = values[0] ?? .none
            let bounds = SliceBounds(
                start: try values[1]?.asInteger("index"), stop: try values[2]?.asInteger("index"), step: nil)
            let indices = try bounds.indices(count: elements.count)
            guard let index = indices.first(where: { elements[$0].isEqual(to: value, work: &comparisonWork) }) else {
                throw TemplateError("\(try text(of: value).string) is not in \(method.receiver.typeName)")
            }
            return .integer(index)
        }
    }

    private func callDictionaryMethod(
        _ name: String, of dictionary: DictionaryValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        if name == "get" {
            let values = try arguments.bound(to: ["key", "default"], required: 1, of: "get")
            return try dictionary.value(of: values[0] ?? .none) ?? values[1] ?? .none
        }
        _ = try arguments.bound(to: [], of: name)
        if let kind = DictionaryView.Kind(rawValue: name) {
            return .view(DictionaryView(kind: kind, dictionary: dictionary))
        }
        return .dictionary(dictionary)
    }

    private func callLoopMethod(
        _ name: String, of loop: LoopValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        let values = arguments.positional
        if name == "cycle" {
            guard !values.isEmpty else { throw TemplateError("no items for cycling given") }
            return values[loop.index % values.count]
        }
        let last = loop.lastChanged
        loop.lastChanged = values
        guard let last, last.count == values.count else { return .bool(true) }
        return .bool(!last.isEqual(to: values, work: &comparisonWork))
    }
}
