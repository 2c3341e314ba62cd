/// Python's str and repr of values, with the origin of each character.
extension TemplateValue {
    /// Appends Python's repr, as long as the text is no longer than the limit: a value may hold one part in many places.
    func appendRepresentation(to text: inout TemplateText, byteLimit: Int, depth: Int) throws(TemplateError) {
        guard depth > 0 else { throw TemplateError("a value nests too deeply to be printed") }
        guard text.byteCount <= byteLimit else { throw TemplateError("a text is longer than \(byteLimit) bytes") }
        switch self {
        case .string(let string): string.appendRepresentation(to: &text)
        case .list(let list): try list.appendElements(to: &text, "[", "]", byteLimit: byteLimit, depth: depth)
        case .tuple(let list):
            try list.appendElements(
                to: &text, "(", list.elements.count == 1 ? ",)" : ")", byteLimit: byteLimit, depth: depth)
        case .dictionary(let dictionary): try dictionary.appendMembers(to: &text, byteLimit: byteLimit, depth: depth)
        case .view(let view):
            text.append("dict_\(view.kind.rawValue)(", origin: .template)
            try ListValue(view.elements, origin: view.dictionary.origin).appendElements(
                to: &text, "[", "]", byteLimit: byteLimit, depth: depth)
            text.append(")", origin: .template)
        case .namespace(let namespace):
            text.append("<Namespace ", origin: .template)
            try namespace.attributes.appendMembers(to: &text, byteLimit: byteLimit, depth: depth)
            text.append(">", origin: .template)
        default: text.append(plainDescription, origin: .caller)
        }
    }

    /// Python's text of values that hold no others.
    private var plainDescription: String {
        switch self {
        case .none: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .integer(let value): String(value)
        case .wide(let value): value.description
        case .float(let value): value.pythonDescription
        case .range(let range):
            "range(\(range.start), \(range.stop)" + (range.step == 1 ? ")" : ", \(range.step))")
        case .undefined: "Undefined"
        case .loop(let loop): "<LoopContext \(loop.index + 1)/\(loop.elements.count)>"
        case .macro(let macro): "<Macro '\(macro.macro.name)'>"
        case .blocks: "<TemplateReference None>"
        default: "<\(typeName) object>"
        }
    }
}

extension ListValue {
    fileprivate func appendElements(
        to text: inout TemplateText, _ open: String, _ close: String, byteLimit: Int, depth: Int
    ) throws(TemplateError) {
        text.append(open, origin: origin)
        for (index, element) in elements.enumerated() {
            if index > 0 {
                text.append(", ", origin: origin)
            }
            try element.appendRepresentation(to: &text, byteLimit: byteLimit, depth: depth - 1)
        }
        text.append(close, origin: origin)
    }
}

extension DictionaryValue {
    fileprivate func appendMembers(
        to text: inout TemplateText, byteLimit: Int, depth: Int
    ) throws(TemplateError) {
        text.append("{", origin: origin)
        for index in 0..<count {
            if index > 0 {
                text.append(", ", origin: origin)
            }
            try keys[index].appendRepresentation(to: &text, byteLimit: byteLimit, depth: depth - 1)
            text.append(": ", origin: origin)
            try values[index].appendRepresentation(to: &text, byteLimit: byteLimit, depth: depth - 1)
        }
        text.append("}", origin: origin)
    }
}

extension TemplateText {
    /// Appends the text quoted as Python's repr does: in single quotes unless it holds only such.
    func appendRepresentation(to text: inout TemplateText) {
        let quote: Unicode.Scalar = bytes.contains(39) && !bytes.contains(34) ? "\"" : "'"
        let origin = wholeOrigin
        text.append(isMarkup ? "Markup(\(quote)" : String(quote), origin: origin)
        for stretch in stretches {
            var escaped = ""
            for scalar in String(decoding: bytes[stretch.range], as: UTF8.self).unicodeScalars {
                Self.appendEscaped(scalar, quote: quote, to: &escaped)
            }
            text.append(escaped, origin: stretch.origin)
        }
        text.append(isMarkup ? "\(quote))" : String(quote), origin: origin)
    }

    private static func appendEscaped(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, to text: inout String) {
        switch scalar {
        case quote, "\\":
            text += "\\"
            text.unicodeScalars.append(scalar)
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += "\\t"
        case _ where scalar.isPythonPrintable: text.unicodeScalars.append(scalar)
        default:
            let digits = String(scalar.value, radix: 16)
            let (mark, width) = scalar.value < 0x100 ? ("\\x", 2) : scalar.value < 0x10000 ? ("\\u", 4) : ("\\U", 8)
            text += mark + String(repeating: "0", count: width - digits.count) + digits
        }
    }
}
