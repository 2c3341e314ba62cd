/// Filters that give text.
extension Interpreter {
    func applyToText(
        _ filter: Filter, to value: TemplateValue, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        switch filter {
        case .string, .safe, .e, .escape, .forceescape, .striptags, .pprint, .title, .wordcount, .upper, .lower,
            .capitalize:
            _ = try arguments.bound(to: [], of: filter.rawValue)
            return try applyPlain(filter, to: try text(of: value), value)
        case .trim:
            let text = try text(of: value)
            try spend(bytes: text.byteCount)
            return .string(try strip(text, try arguments.bound(to: ["chars"], of: "trim")[0], start: true, end: true))
        case .replace:
            let values = try arguments.bound(to: ["old", "new", "count"], required: 2, of: "replace")
            var (old, new) = (try text(of: values[0] ?? .none), try text(of: values[1] ?? .none))
            (old.isMarkup, new.isMarkup) = (false, false)
            let count =
                try values[2].flatMap { value throws(TemplateError) in
                    value.isNone ? nil : try value.asInteger("replace")
                } ?? -1
            var text = try text(of: value)
            text.isMarkup = false
            return .string(try replaced(text, old, new, count: count))
        case .center:
            let width = try arguments.bound(to: ["width"], of: "center")[0]?.asInteger("center") ?? 80
            return .string(
                try padded(try text(of: value), width: width, fill: TemplateText(" "), alignment: "center"))
        case .indent: return .string(try indent(try value.asText("indent"), arguments))
        case .truncate:
            guard case .string(let text) = value else {
                let length = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")[0]
                guard try count(of: value) <= length?.asInteger("truncate") ?? 255 else {
                    throw TemplateError("truncate: must be str, not \(value.typeName)")
                }
                return value
            }
            return .string(try truncate(text, arguments))
        case .wordwrap: return .string(try wrap(try value.asText("wordwrap"), arguments))
        case .format:
            guard arguments.positional.isEmpty || arguments.named.isEmpty else {
                throw TemplateError("can't handle positional and keyword arguments at the same time")
            }
            let text = try text(of: value)
            guard !arguments.named.isEmpty else {
                return .string(try percentFormat(text, .tuple(arguments.positional)))
            }
            let members = DictionaryValue()
            for (name, value) in arguments.named {
                try members.set(.text(name), value)
            }
            return .string(try percentFormat(text, .dictionary(members)))
        case .urlencode:
            _ = try arguments.bound(to: [], of: "urlencode")
            return .string(try urlEncoded(value))
        case .urlize: throw TemplateError("urlize is not available in chat templates")
        default: return .string(try htmlAttributes(value, arguments))
        }
    }

    private func applyPlain(
        _ filter: Filter, to text: TemplateText, _ value: TemplateValue
    ) throws(TemplateError) -> TemplateValue {
        try spend(bytes: text.byteCount)
        switch filter {
        case .upper, .lower, .capitalize: return .string(text.changedCase(filter.rawValue) ?? text)
        case .title: return .string(text.wordsCapitalized)
        case .safe:
            var markup = text
            markup.isMarkup = true
            return .string(markup)
        case .e, .escape: return .string(text.htmlEscaped())
        case .forceescape:
            var plain = text
            plain.isMarkup = false
            return .string(plain.htmlEscaped())
        case .striptags: return .string(text.withoutTags)
        case .wordcount: return .integer(text.wordCount)
        case .pprint: return .string(try representation(of: value))
        default: return .string(text)
        }
    }

    private func indent(_ text: TemplateText, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(to: ["width", "first", "blank"], of: "indent")
        let indention: TemplateText
        if case .string(let text)? = values[0] {
            indention = text
        } else {
            indention = try padding(TemplateText(" "), count: try values[0]?.asInteger("indent") ?? 4)
        }
        let indentsFirst = values[1]?.isTrue == true
        let indentsBlank = values[2]?.isTrue == true
        let lines = (text + TemplateText("\n")).lines()
        try spend(bytes: text.byteCount &+ lines.count.multipliedOrMaximum(by: indention.byteCount))
        var result = indentsFirst ? indention : TemplateText()
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.append(TemplateText("\n", origin: text.wholeOrigin))
                if indentsBlank || !line.isEmpty {
                    result.append(indention)
                }
            }
            result.append(line)
        }
        result.isMarkup = text.isMarkup
        return result
    }

    private func truncate(_ text: TemplateText, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(to: ["length", "killwords", "end", "leeway"], of: "truncate")
        let length = try values[0]?.asInteger("truncate") ?? 255
        let end = try values[2]?.asText("truncate") ?? TemplateText("...")
        let leeway =
            try values[3].flatMap { value throws(TemplateError) in
                value.isNone ? nil : try value.asInteger("truncate")
            } ?? 5
        guard length >= end.scalarCount else {
            throw TemplateError("expected length >= \(end.scalarCount), got \(length)")
        }
        guard leeway >= 0 else { throw TemplateError("expected leeway >= 0, got \(leeway)") }
        try spend(bytes: text.byteCount)
        if text.scalarCount <= length &+ leeway {
            return text
        }
        let kept = text.slice(0..<text.offset(ofScalar: length - end.scalarCount))
        if values[1]?.isTrue == true {
            return kept + end
        }
        return kept.split(separator: [UInt8(ascii: " ")], limit: 1, fromEnd: true)[0] + end
    }

    private func wrap(_ text: TemplateText, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(
            to: ["width", "break_long_words", "wrapstring", "break_on_hyphens"], of: "wordwrap")
        let width = try values[0]?.asInteger("wordwrap") ?? 79
        guard width > 0 else { throw TemplateError("invalid width \(width) (must be > 0)") }
        let separator =
            try values[2].flatMap { value throws(TemplateError) in
                value.isNone ? nil : try value.asText("wordwrap")
            } ?? TemplateText("\n")
        try spend(text.byteCount)
        let wrapping = WordWrapping(
            width: width, breaksLongWords: values[1]?.isTrue ?? true, breaksOnHyphens: values[3]?.isTrue ?? true)
        var lines: [TemplateValue] = []
        for line in text.lines() {
            let wrapped = wrapping.lines(of: line).map(TemplateValue.string)
            lines += wrapped.isEmpty ? [.text("")] : wrapped
        }
        return try join(lines, separator: separator, requiresText: false)
    }

    private func urlEncoded(_ value: TemplateValue) throws(TemplateError) -> TemplateText {
        var pairs: [TemplateValue]
        switch value {
        case .dictionary(let dictionary): pairs = dictionary.items
        case .list(let list), .tuple(let list): pairs = list.elements
        default: return try text(of: value).urlEncoded(keeping: "/")
        }
        try spend(elements: pairs.count)
        var result = TemplateText()
        for (index, pair) in pairs.enumerated() {
            let members = try elements(of: pair)
            guard members.count == 2 else { throw TemplateError("urlencode needs pairs") }
            if index > 0 {
                result.append("&", origin: .template)
            }
            result.append(try text(of: members[0]).urlEncoded(keeping: ""))
            result.append("=", origin: .template)
            result.append(try text(of: members[1]).urlEncoded(keeping: ""))
        }
        return result
    }

    private func htmlAttributes(_ value: TemplateValue, _ arguments: CallArguments) throws(TemplateError)
        -> TemplateText
    {
        let startsWithSpace = try arguments.bound(to: ["autospace"], of: "xmlattr")[0]?.isTrue ?? true
        guard case .dictionary(let dictionary) = value else {
            throw TemplateError("'\(value.typeName) object' has no attribute 'items'")
        }
        var result = TemplateText()
        for (key, value) in zip(dictionary.keys, dictionary.values) where !value.isNone && !value.isUndefined {
            let name = try key.asText("xmlattr")
            guard !name.bytes.contains(where: { [32, 9, 10, 11, 12, 13, 47, 61, 62].contains($0) }) else {
                throw TemplateError("Invalid character in attribute name: '\(name.string)'")
            }
            if !result.isEmpty || startsWithSpace {
                result.append(" ", origin: .template)
            }
            result.append(name.htmlEscaped())
            result.append("=\"", origin: .template)
            result.append(try text(of: value).htmlEscaped())
            result.append("\"", origin: .template)
        }
        try spend(bytes: result.byteCount)
        return result
    }
}

extension TemplateText {
    /// Each word's first scalar in upper case, the others in lower case; words start after white space and `-({[<`.
    fileprivate var wordsCapitalized: TemplateText {
        var followsBreak = true
        return mapStretches { text in
            text.unicodeScalars.reduce(into: "") { result, scalar in
                let isBreak = scalar.isPythonSpace || "-({[<".unicodeScalars.contains(scalar)
                result +=
                    followsBreak && !isBreak
                    ? scalar.properties.uppercaseMapping : scalar.properties.lowercaseMapping
                followsBreak = isBreak
            }
        }
    }

    fileprivate var wordCount: Int {
        var count = 0
        var isInWord = false
        for scalar in string.unicodeScalars {
            let isPart = scalar.isNamePart
            count += isPart && !isInWord ? 1 : 0
            isInWord = isPart
        }
        return count
    }

    /// Without HTML comments and tags, white space collapsed, and the common entities as characters.
    fileprivate var withoutTags: TemplateText {
        var result = TemplateText()
        var start = 0
        for (open, close) in [("<!--", "-->"), ("<", ">")] {
            let source = start == 0 && result.isEmpty && open == "<!--" ? self : result
            result = TemplateText()
            start = 0
            while let found = source.firstRange(of: Array(open.utf8), from: start),
                let end = source.firstRange(of: Array(close.utf8), from: found)
            {
                result.append(source.slice(start..<found))
                start = end + close.utf8.count
            }
            result.append(source.slice(start..<source.byteCount))
        }
        var collapsed = TemplateText()
        for (index, word) in result.splitAtSpaces(limit: .max, fromEnd: false).enumerated() {
            if index > 0 {
                collapsed.append(" ", origin: word.wholeOrigin)
            }
            collapsed.append(word)
        }
        return collapsed.unescapedEntities
    }

    private var unescapedEntities: TemplateText {
        var result = self
        let entities = [
            ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&apos;", "'"),
            ("&nbsp;", "\u{A0}"), ("&amp;", "&"),
        ]
        for (entity, character) in entities {
            let parts = result.split(separator: Array(entity.utf8), limit: .max, fromEnd: false)
            guard parts.count > 1 else { continue }
            let origin = result.wholeOrigin
            result = parts[0]
            for part in parts.dropFirst() {
                result.append(character, origin: origin)
                result.append(part)
            }
        }
        result.isMarkup = false
        return result
    }

    /// Percent-encoded for a URL but for letters, digits, `_.-~` and those kept.
    fileprivate func urlEncoded(keeping kept: String) -> TemplateText {
        var plain = self
        plain.isMarkup = false
        return plain.mapStretches { text in
            var encoded = ""
            for byte in text.utf8 {
                let scalar = Unicode.Scalar(byte)
                if scalar.isASCII && (scalar.isNamePart || ".-~".unicodeScalars.contains(scalar))
                    || kept.unicodeScalars.contains(scalar)
                {
                    encoded.unicodeScalars.append(scalar)
                } else {
                    encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
                }
            }
            return encoded
        }
    }
}
