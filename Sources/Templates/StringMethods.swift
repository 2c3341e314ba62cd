/// Python's methods of str. All keep the origin of what they pass on; padding is the template's.
extension Interpreter {
    func callStringMethod(
        _ name: String, of text: TemplateText, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        try spend(bytes: text.byteCount)
        switch name {
        case "strip", "lstrip", "rstrip":
            let characters = try arguments.bound(to: ["chars"], of: name)[0]
            return .string(
                try strip(text, characters, start: name != "rstrip", end: name != "lstrip"))
        case "split", "rsplit": return .list(try split(text, name, arguments))
        case "splitlines":
            let keepsEnds = try arguments.bound(to: ["keepends"], of: name)[0]?.isTrue ?? false
            return .list(text.lines(keepingEnds: keepsEnds).map(TemplateValue.string))
        case "partition", "rpartition": return .tuple(try partition(text, name, arguments))
        case "startswith", "endswith": return .bool(try hasAffix(text, name, arguments))
        case "find", "rfind", "index", "rindex", "count": return try search(text, name, arguments)
        case "replace": return .string(try replace(text, arguments))
        case "join":
            let parts = try arguments.bound(to: ["iterable"], required: 1, of: name)[0] ?? .none
            return .string(try join(try elements(of: parts), separator: text, requiresText: true))
        case "removeprefix", "removesuffix": return .string(try removeAffix(text, name, arguments))
        case "center", "ljust", "rjust", "zfill": return .string(try pad(text, name, arguments))
        case "format": return .string(try braceFormat(text, arguments))
        case "format_map":
            let mapping = try arguments.bound(to: ["mapping"], required: 1, of: name)[0] ?? .none
            var named = CallArguments()
            if case .dictionary(let dictionary) = mapping {
                for (key, value) in zip(dictionary.keys, dictionary.values) {
                    named.named.append((try key.asText(name).string, value))
                }
            }
            return .string(try braceFormat(text, named))
        case "expandtabs":
            let size = try arguments.bound(to: ["tabsize"], of: name)[0]?.asInteger(name) ?? 8
            return .string(try expandTabs(text, size: size))
        case "encode": throw TemplateError("encode is not available in templates")
        default:
            _ = try arguments.bound(to: [], of: name)
            return text.changedCase(name).map(TemplateValue.string) ?? .bool(text.hasProperty(name))
        }
    }

    func strip(
        _ text: TemplateText, _ characters: TemplateValue?, start: Bool, end: Bool
    ) throws(TemplateError) -> TemplateText {
        var wanted: Set<Unicode.Scalar>?
        if let characters, !characters.isNone {
            wanted = Set(try characters.asText("strip").string.unicodeScalars)
        }
        return text.stripped(start: start, end: end) { scalar in wanted?.contains(scalar) ?? scalar.isPythonSpace }
    }

    private func split(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> [TemplateValue] {
        let values = try arguments.bound(to: ["sep", "maxsplit"], of: name)
        var limit = try values[1]?.asInteger(name) ?? -1
        limit = limit < 0 ? Int.max : limit
        let parts: [TemplateText]
        if let separator = values[0], !separator.isNone {
            let separator = try separator.asText(name)
            guard !separator.isEmpty else { throw TemplateError("empty separator") }
            try spendForSearch(of: separator, in: text)
            parts = text.split(separator: separator.bytes, limit: limit, fromEnd: name == "rsplit")
        } else {
            parts = text.splitAtSpaces(limit: limit, fromEnd: name == "rsplit")
        }
        try spend(elements: parts.count)
        return parts.map(TemplateValue.string)
    }

    private func partition(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> [TemplateValue] {
        let separator = try (arguments.bound(to: ["sep"], required: 1, of: name)[0] ?? .none).asText(name)
        guard !separator.isEmpty else { throw TemplateError("empty separator") }
        try spendForSearch(of: separator, in: text)
        let isLast = name == "rpartition"
        let found = isLast ? text.lastRange(of: separator.bytes) : text.firstRange(of: separator.bytes)
        guard let found else {
            let empty = TemplateValue.text("")
            return isLast ? [empty, empty, .string(text)] : [.string(text), empty, empty]
        }
        let end = found + separator.byteCount
        return [text.slice(0..<found), text.slice(found..<end), text.slice(end..<text.byteCount)]
            .map(TemplateValue.string)
    }

    private func hasAffix(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> Bool {
        let values = try arguments.bound(to: ["prefix", "start", "end"], required: 1, of: name)
        let affix = values[0] ?? .none
        var part = text
        if values[1] != nil || values[2] != nil {
            guard let range = try searchRange(text, values[1], values[2], name) else { return false }
            part = text.slice(range)
        }
        var candidates = [affix]
        if case .tuple(let list) = affix {
            candidates = list.elements
        }
        for candidate in candidates {
            guard case .string(let affix) = candidate else {
                if case .undefined(let undefined) = candidate {
                    throw TemplateError(undefined.message)
                }
                throw TemplateError(
                    "\(name) first arg must be str or a tuple of str, not \(candidate.typeName)")
            }
            if name == "startswith" ? part.hasPrefix(affix.bytes) : part.hasSuffix(affix.bytes) {
                return true
            }
        }
        return false
    }

    /// The bytes between two scalar positions; nil where the start is past the end.
    private func searchRange(
        _ text: TemplateText, _ start: TemplateValue?, _ end: TemplateValue?, _ name: String
    ) throws(TemplateError) -> Range<Int>? {
        let count = text.scalarCount
        func position(_ value: TemplateValue?, _ missing: Int) throws(TemplateError) -> Int {
            guard let value, !value.isNone else { return missing }
            let position = try value.asInteger(name)
            return max(position < 0 ? position &+ count : position, 0)
        }
        let first = try position(start, 0)
        let last = min(try position(end, count), count)
        guard first <= last else { return nil }
        return text.offset(ofScalar: first)..<text.offset(ofScalar: last)
    }

    private func search(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateValue {
        let values = try arguments.bound(to: ["sub", "start", "end"], required: 1, of: name)
        let needle = try (values[0] ?? .none).asText(name)
        try spendForSearch(of: needle, in: text)
        let range = try searchRange(text, values[1], values[2], name)
        if name == "count" {
            guard let range else { return .integer(0) }
            let part = text.slice(range)
            return .integer(
                needle.isEmpty
                    ? part.scalarCount + 1 : part.split(separator: needle.bytes, limit: .max, fromEnd: false).count - 1)
        }
        var found: Int?
        if let range {
            found =
                name.hasPrefix("r")
                ? text.lastRange(of: needle.bytes, from: range.lowerBound, to: range.upperBound)
                : text.firstRange(of: needle.bytes, from: range.lowerBound, to: range.upperBound)
        }
        guard let found else {
            guard !name.hasSuffix("index") else { throw TemplateError("substring not found") }
            return .integer(-1)
        }
        return .integer(text.slice(0..<found).scalarCount)
    }

    private func replace(_ text: TemplateText, _ arguments: CallArguments) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(to: ["old", "new", "count"], required: 2, of: "replace")
        let old = try (values[0] ?? .none).asText("replace")
        let new = try (values[1] ?? .none).asText("replace")
        let count =
            try values[2].flatMap { value throws(TemplateError) in
                value.isNone ? nil : try value.asInteger("replace")
            } ?? -1
        return try replaced(text, old, text.isMarkup ? new.htmlEscaped() : new, count: count)
    }

    func replaced(
        _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, count: Int
    ) throws(TemplateError) -> TemplateText {
        try spendForSearch(of: old, in: text)
        let limit = count < 0 ? Int.max : count
        let parts =
            old.isEmpty
            ? text.splitBetweenScalars(limit: limit)
            : text.split(separator: old.bytes, limit: limit, fromEnd: false)
        try spend(parts.count)
        try spend(bytes: text.byteCount &+ (parts.count - 1).multipliedOrMaximum(by: new.byteCount) / 2)
        var result = TemplateText()
        for (index, part) in parts.enumerated() {
            if index > 0 {
                result.append(new)
                try spend(bytes: result.byteCount >> 6)
            }
            result.append(part)
        }
        try spend(bytes: result.byteCount)
        result.isMarkup = text.isMarkup
        return result
    }

    func join(
        _ elements: [TemplateValue], separator: TemplateText, requiresText: Bool
    ) throws(TemplateError) -> TemplateText {
        try spend(elements.count)
        var result = TemplateText()
        for (index, element) in elements.enumerated() {
            if requiresText {
                guard case .string = element else {
                    throw TemplateError("sequence item \(index): expected str instance, \(element.typeName) found")
                }
            }
            let text = try text(of: element)
            if index > 0 {
                result.append(separator)
            }
            result.append(separator.isMarkup && requiresText ? text.htmlEscaped() : text)
            guard result.byteCount <= limits.textByteCount else {
                throw TemplateError("a text is longer than \(limits.textByteCount) bytes")
            }
        }
        try spend(bytes: result.byteCount)
        result.isMarkup = separator.isMarkup && requiresText
        return result
    }

    private func removeAffix(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateText {
        let affix = try (arguments.bound(to: ["affix"], required: 1, of: name)[0] ?? .none).asText(name)
        if name == "removeprefix" {
            return text.hasPrefix(affix.bytes) ? text.slice(affix.byteCount..<text.byteCount) : text
        }
        return text.hasSuffix(affix.bytes) ? text.slice(0..<(text.byteCount - affix.byteCount)) : text
    }

    private func pad(
        _ text: TemplateText, _ name: String, _ arguments: CallArguments
    ) throws(TemplateError) -> TemplateText {
        let values = try arguments.bound(
            to: name == "zfill" ? ["width"] : ["width", "fillchar"], required: 1, of: name)
        let width = try (values[0] ?? .none).asInteger(name)
        if name == "zfill" {
            let hasSign = text.bytes.first == UInt8(ascii: "-") || text.bytes.first == UInt8(ascii: "+")
            let zeros = try padding(TemplateText("0"), count: width &- text.scalarCount)
            return text.slice(0..<(hasSign ? 1 : 0)) + zeros + text.slice((hasSign ? 1 : 0)..<text.byteCount)
        }
        let fill = try values.count > 1 ? values[1]?.asText(name) ?? TemplateText(" ") : TemplateText(" ")
        guard fill.scalarCount == 1 else {
            throw TemplateError("The fill character must be exactly one character long")
        }
        return try padded(text, width: width, fill: fill, alignment: name)
    }

    /// The text filled up on the right (`ljust`), on the left (`rjust`) or on both sides (`center`).
    func padded(
        _ text: TemplateText, width: Int, fill: TemplateText, alignment: String
    ) throws(TemplateError) -> TemplateText {
        let missing = width &- text.scalarCount
        guard width > 0, missing > 0 else { return text }
        switch alignment {
        case "ljust": return text + (try padding(fill, count: missing))
        case "rjust": return try padding(fill, count: missing) + text
        default:
            // Python gives the odd one to the left where the width is odd.
            let left = missing / 2 + (missing & width & 1)
            return try padding(fill, count: left) + text + (try padding(fill, count: missing - left))
        }
    }

    func padding(_ fill: TemplateText, count: Int) throws(TemplateError) -> TemplateText {
        guard count > 0 else { return TemplateText() }
        try spend(bytes: fill.byteCount.multipliedOrMaximum(by: count))
        var padding = TemplateText()
        for _ in 0..<count {
            padding.append(fill)
        }
        return padding
    }

    private func expandTabs(_ text: TemplateText, size: Int) throws(TemplateError) -> TemplateText {
        var result = TemplateText()
        var column = 0
        for character in text.characters {
            switch character.bytes.first {
            case UInt8(ascii: "\t"):
                let width = size > 0 ? size - column % size : 0
                result.append(try padding(TemplateText(" "), count: width))
                column += width
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                result.append(character)
                column = 0
            default:
                result.append(character)
                column += 1
            }
            try spend(bytes: result.byteCount >> 10)
        }
        return result
    }
}
