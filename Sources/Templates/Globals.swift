#if canImport(Glibc)
internal import Glibc
#else
internal import Musl
#endif

/// The functions that every template can call.
enum GlobalFunction: String {
    case range
    case dictionary = "dict"
    case namespace
    case cycler
    case joiner
    case loremIpsum = "lipsum"
    case raiseException = "raise_exception"
    case formattedTime = "strftime_now"
}

extension Interpreter {
    func call(_ function: GlobalFunction, _ arguments: CallArguments) throws(TemplateError) -> TemplateValue {
        switch function {
        case .range: return .range(try range(arguments))
        case .dictionary: return .dictionary(try dictionary(arguments, "dict"))
        case .namespace:
            let namespace = NamespaceValue()
            namespace.attributes = try dictionary(arguments, "namespace")
            return .namespace(namespace)
        case .cycler:
            guard !arguments.positional.isEmpty else { throw TemplateError("at least one item has to be provided") }
            return .cycler(CyclerValue(arguments.positional))
        case .joiner:
            return .joiner(JoinerValue(try arguments.bound(to: ["sep"], of: "joiner")[0] ?? .text(", ")))
        case .loremIpsum: return .text(try loremIpsum(arguments))
        case .raiseException:
            let message = try arguments.bound(to: ["message"], required: 1, of: "raise_exception")[0] ?? .none
            throw TemplateError(try text(of: message).string)
        case .formattedTime:
            let format = try arguments.bound(to: ["format"], required: 1, of: "strftime_now")[0] ?? .none
            return .string(TemplateText(localTime(format: try format.asText("strftime_now").string), origin: .caller))
        }
    }

    private func range(_ arguments: CallArguments) throws(TemplateError) -> RangeValue {
        guard arguments.named.isEmpty else { throw TemplateError("range() takes no keyword arguments") }
        guard (1...3).contains(arguments.positional.count) else {
            throw TemplateError("range expected 1 to 3 arguments, got \(arguments.positional.count)")
        }
        var numbers: [Int] = []
        for argument in arguments.positional {
            numbers.append(try argument.asInteger("range"))
        }
        let range =
            numbers.count == 1
            ? RangeValue(start: 0, stop: numbers[0], step: 1)
            : RangeValue(start: numbers[0], stop: numbers[1], step: numbers.count == 3 ? numbers[2] : 1)
        guard range.step != 0 else { throw TemplateError("range() arg 3 must not be zero") }
        guard range.count <= limits.elementCount else {
            throw TemplateError(
                "Range too big. The sandbox blocks ranges larger than MAX_RANGE (\(limits.elementCount)).")
        }
        return range
    }

    /// A dictionary from a mapping or pairs, and from named arguments.
    private func dictionary(
        _ arguments: CallArguments, _ function: String
    ) throws(TemplateError) -> DictionaryValue {
        guard arguments.positional.count <= 1 else {
            throw TemplateError("\(function) expected at most 1 argument, got \(arguments.positional.count)")
        }
        let result = DictionaryValue()
        if case .dictionary(let source)? = arguments.positional.first {
            for (key, value) in zip(source.keys, source.values) {
                try result.set(key, value)
            }
        } else if let pairs = arguments.positional.first {
            for pair in try elements(of: pairs) {
                let members = try elements(of: pair)
                guard members.count == 2 else {
                    throw TemplateError("dictionary update sequence element has length \(members.count); 2 is required")
                }
                try result.set(members[0], members[1])
            }
        }
        for (name, value) in arguments.named {
            try result.set(.text(name), value)
        }
        try spend(elements: result.count)
        return result
    }

    /// Filler text of the template's own, in paragraphs.
    private func loremIpsum(_ arguments: CallArguments) throws(TemplateError) -> String {
        let values = try arguments.bound(to: ["n", "html", "min", "max"], of: "lipsum")
        let paragraphCount = try values[0]?.asInteger("lipsum") ?? 5
        let isHTML = values[1]?.isTrue ?? true
        let shortest = max(try values[2]?.asInteger("lipsum") ?? 20, 1)
        let longest = max(try values[3]?.asInteger("lipsum") ?? 100, shortest + 1)
        let words = ["lorem", "ipsum", "dolor", "sit", "amet", "consectetuer", "adipiscing", "elit", "sed", "diam"]
        try spend(elements: max(paragraphCount, 0).multipliedOrMaximum(by: longest))
        let paragraphs = (0..<max(paragraphCount, 0)).map { _ in
            let count = shortest + randomIndex(below: longest - shortest)
            let text = (0..<count).map { _ in words[randomIndex(below: words.count)] }.joined(separator: " ")
            let sentence = text.prefix(1).uppercased() + text.dropFirst() + "."
            return isHTML ? "<p>\(sentence)</p>" : sentence
        }
        return paragraphs.joined(separator: isHTML ? "\n" : "\n\n")
    }

    /// The local time in strftime's format.
    private func localTime(format: String) -> String {
        var seconds = time_t(now ?? Int(time(nil)))
        var parts = unsafe tm()
        guard unsafe localtime_r(&seconds, &parts) != nil, !format.isEmpty else { return "" }
        var buffer = [CChar](repeating: 0, count: min(format.utf8.count, 1000) * 40 + 40)
        let count = unsafe strftime(&buffer, buffer.count, format, &parts)
        return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
