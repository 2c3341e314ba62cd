internal import JSON

/// The text of Python's json.dumps as chat templates expect it: keys in their order, nothing escaped for HTML.
struct JSONRepresentation {
    var indentation: TemplateText?
    var itemSeparator: TemplateText
    var keySeparator = TemplateText(": ")
    var sortsKeys = false
    var escapesNonASCII = false
    private var text = TemplateText()
    private let byteLimit: Int
    // What comparing keys may look at.
    private var work = 1_000_000

    init(indentation: TemplateText? = nil, byteLimit: Int) {
        self.byteLimit = byteLimit
        self.indentation = indentation
        itemSeparator = TemplateText(indentation == nil ? ", " : ",")
    }

    /// The JSON text of a value; of caller values it is the caller's, of the template's own containers their brackets are not.
    mutating func text(of value: TemplateValue, maximumDepth: Int) throws(TemplateError) -> TemplateText {
        try append(value, level: 0, maximumDepth: maximumDepth)
        return text
    }

    private mutating func append(_ value: TemplateValue, level: Int, maximumDepth: Int) throws(TemplateError) {
        guard level < maximumDepth else { throw TemplateError("a value nests too deeply for tojson") }
        guard text.byteCount <= byteLimit else { throw TemplateError("a text is longer than \(byteLimit) bytes") }
        switch value {
        case .string(let string): append(string)
        case .list(let list), .tuple(let list):
            try appendElements(list, level: level, maximumDepth: maximumDepth)
        case .dictionary(let dictionary): try appendMembers(dictionary, level: level, maximumDepth: maximumDepth)
        default: text.append(try plainText(of: value), origin: .caller)
        }
    }

    private func plainText(of value: TemplateValue) throws(TemplateError) -> String {
        switch value {
        case .none: return "null"
        case .bool(let flag): return flag ? "true" : "false"
        case .integer(let value): return String(value)
        case .wide(let value): return value.description
        case .float(let value):
            guard value.isFinite else { return value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity" }
            return value.pythonDescription
        default: throw TemplateError("Object of type \(value.typeName) is not JSON serializable")
        }
    }

    private mutating func append(_ string: TemplateText) {
        let origin = string.wholeOrigin
        text.append("\"", origin: origin)
        for stretch in string.stretches {
            var escaped: [UInt8] = []
            JSONEscaping.append(
                String(decoding: string.bytes[stretch.range], as: UTF8.self), to: &escaped,
                escapingNonASCII: escapesNonASCII)
            text.append(escaped, origin: stretch.origin)
        }
        text.append("\"", origin: origin)
    }

    private mutating func appendElements(
        _ list: ListValue, level: Int, maximumDepth: Int
    ) throws(TemplateError) {
        text.append("[", origin: list.origin)
        for (index, element) in list.elements.enumerated() {
            appendSeparator(isFirst: index == 0, level: level + 1, origin: list.origin)
            try append(element, level: level + 1, maximumDepth: maximumDepth)
        }
        appendEnd("]", isEmpty: list.elements.isEmpty, level: level, origin: list.origin)
    }

    private mutating func appendMembers(
        _ dictionary: DictionaryValue, level: Int, maximumDepth: Int
    ) throws(TemplateError) {
        var order = Array(0..<dictionary.count)
        if sortsKeys {
            let keys = dictionary.keys
            order = try order.sortedStably { left, right throws(TemplateError) in
                try keys[left].isLess(than: keys[right], work: &work)
            }
        }
        text.append("{", origin: dictionary.origin)
        for (position, index) in order.enumerated() {
            appendSeparator(isFirst: position == 0, level: level + 1, origin: dictionary.origin)
            try append(key: dictionary.keys[index], origin: dictionary.origin)
            text.append(keySeparator.bytes, origin: dictionary.origin)
            try append(dictionary.values[index], level: level + 1, maximumDepth: maximumDepth)
        }
        appendEnd("}", isEmpty: dictionary.count == 0, level: level, origin: dictionary.origin)
    }

    private mutating func append(key: TemplateValue, origin: RenderedText.Origin) throws(TemplateError) {
        switch key {
        case .string(let string): append(string)
        case .none, .bool, .integer, .wide, .float:
            append(TemplateText(try plainText(of: key), origin: .caller))
        default:
            throw TemplateError("keys must be str, int, float, bool or None, not \(key.typeName)")
        }
    }

    private mutating func appendSeparator(isFirst: Bool, level: Int, origin: RenderedText.Origin) {
        if !isFirst {
            text.append(itemSeparator.bytes, origin: origin)
        }
        appendLineBreak(level: level, origin: origin)
    }

    private mutating func appendEnd(_ bracket: String, isEmpty: Bool, level: Int, origin: RenderedText.Origin) {
        if !isEmpty {
            appendLineBreak(level: level, origin: origin)
        }
        text.append(bracket, origin: origin)
    }

    private mutating func appendLineBreak(level: Int, origin: RenderedText.Origin) {
        guard let indentation else { return }
        text.append("\n", origin: origin)
        for _ in 0..<level {
            text.append(indentation.bytes, origin: origin)
        }
    }
}
