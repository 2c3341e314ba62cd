/// Cuts a template into tokens by Jinja's rules, with trim_blocks and lstrip_blocks on.
///
/// A newline after a block or comment tag is dropped, as is white space before one that starts its line; `-` in a tag strips
/// all white space on that side, `+` keeps it. Line breaks of every kind become `\n`, and one at the very end is dropped.
struct Lexer {
    let source: [Unicode.Scalar]
    var offset = 0
    var line = 1
    var tokens: [TemplateToken] = []
    private var startsLine = true

    /// The tokens of a template, ended by an `end` token.
    static func tokens(of source: String) throws(TemplateError) -> [TemplateToken] {
        var lexer = Lexer(source)
        try lexer.scanTemplate()
        return lexer.tokens
    }

    private init(_ text: String) {
        var scalars: [Unicode.Scalar] = []
        scalars.reserveCapacity(text.utf8.count)
        var followsReturn = false
        for scalar in text.unicodeScalars {
            if scalar == "\r" {
                scalars.append("\n")
            } else if scalar != "\n" || !followsReturn {
                scalars.append(scalar)
            }
            followsReturn = scalar == "\r"
        }
        if scalars.last == "\n" {
            scalars.removeLast()
        }
        source = scalars
    }
}

extension Lexer {
    private enum Tag {
        case block, variable, comment
    }

    private mutating func scanTemplate() throws(TemplateError) {
        while offset < source.count {
            guard let (start, tag) = nextTag() else {
                appendText(offset..<source.count)
                offset = source.count
                break
            }
            try scanTag(tag, at: start)
        }
        append(.end)
    }

    /// The first `{%`, `{{` or `{#` at or after the offset.
    private func nextTag() -> (Int, Tag)? {
        var index = offset
        while index + 1 < source.count {
            if source[index] == "{" {
                switch source[index + 1] {
                case "%": return (index, .block)
                case "{": return (index, .variable)
                case "#": return (index, .comment)
                default: break
                }
            }
            index += 1
        }
        return nil
    }

    private mutating func scanTag(_ tag: Tag, at start: Int) throws(TemplateError) {
        let sign = start + 2 < source.count ? source[start + 2] : " "
        let hasSign = sign == "-" || sign == "+"
        let textEnd = endOfText(before: start, sign: sign, isVariable: tag == .variable)
        appendText(offset..<textEnd)
        line += lineBreaks(in: textEnd..<start)
        offset = start + (hasSign ? 3 : 2)
        switch tag {
        case .comment:
            try skipComment()
        case .variable:
            append(.variableBegin)
            try scanExpression(closedBy: .variable)
        case .block:
            if try scanRaw() {
                return
            }
            append(.blockBegin)
            try scanExpression(closedBy: .block)
        }
    }

    /// Where the text before a tag ends once white space was stripped.
    private func endOfText(before start: Int, sign: Unicode.Scalar, isVariable: Bool) -> Int {
        var end = start
        if sign == "-" {
            while end > offset, source[end - 1].isPythonSpace {
                end -= 1
            }
            return end
        }
        guard sign != "+", !isVariable else { return start }
        while end > offset, source[end - 1] != "\n", source[end - 1].isPythonSpace {
            end -= 1
        }
        let startsAfterBreak = end > offset ? source[end - 1] == "\n" : startsLine
        return startsAfterBreak ? end : start
    }

    private mutating func skipComment() throws(TemplateError) {
        // The sign of the opening is not the sign of the closing too: `{#-#}` strips nothing behind it.
        var index = offset
        while index + 1 < source.count, source[index] != "#" || source[index + 1] != "}" {
            index += 1
        }
        guard index + 1 < source.count else {
            throw TemplateError(line: line, message: "Missing end of comment tag")
        }
        let sign = index > offset ? source[index - 1] : " "
        line += lineBreaks(in: offset..<index)
        offset = index + 2
        finishTag(sign: sign, trimsLineBreak: true)
    }

    /// Steps over white space after a tag as its closing sign says.
    private mutating func finishTag(sign: Unicode.Scalar, trimsLineBreak: Bool) {
        let start = offset
        if sign == "-" {
            while offset < source.count, source[offset].isPythonSpace {
                offset += 1
            }
        } else if sign != "+", trimsLineBreak, offset < source.count, source[offset] == "\n" {
            offset += 1
        }
        line += lineBreaks(in: start..<offset)
        startsLine = offset > 0 && source[offset - 1] == "\n"
    }

    private mutating func appendText(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: source[range])
        append(.text(String(text)))
        line += lineBreaks(in: range)
    }

    private func lineBreaks(in range: Range<Int>) -> Int {
        source[range].reduce(0) { $0 + ($1 == "\n" ? 1 : 0) }
    }

    mutating func append(_ kind: TemplateToken.Kind) {
        tokens.append(TemplateToken(kind: kind, line: line))
    }
}

extension Lexer {
    /// Reads a whole raw block whose `{%` was just read; false, and nothing read, where it is another block.
    private mutating func scanRaw() throws(TemplateError) -> Bool {
        let start = offset
        guard skipWord("raw", from: start), let sign = closingSign(allowsPlus: false) else {
            offset = start
            return false
        }
        line += lineBreaks(in: start..<offset)
        finishTag(sign: sign, trimsLineBreak: false)
        let body = offset
        var index = body
        while index + 1 < source.count {
            if source[index] == "{", source[index + 1] == "%" {
                let sign = index + 2 < source.count ? source[index + 2] : " "
                let hasSign = sign == "-" || sign == "+"
                if skipWord("endraw", from: index + (hasSign ? 3 : 2)), let closing = closingSign(allowsPlus: true) {
                    let end = offset
                    offset = body
                    let textEnd = endOfText(before: index, sign: sign, isVariable: false)
                    appendText(body..<textEnd)
                    line += lineBreaks(in: textEnd..<end)
                    offset = end
                    finishTag(sign: closing, trimsLineBreak: true)
                    return true
                }
            }
            index += 1
        }
        throw TemplateError(line: line, message: "Missing end of raw directive")
    }

    /// Moves past a word with white space around it.
    private mutating func skipWord(_ word: String, from start: Int) -> Bool {
        offset = start
        skipSpaces()
        for scalar in word.unicodeScalars {
            guard offset < source.count, source[offset] == scalar else { return false }
            offset += 1
        }
        skipSpaces()
        return true
    }

    /// Moves past `%}`, `-%}` or `+%}`, and gives the sign, a space where there is none.
    private mutating func closingSign(allowsPlus: Bool) -> Unicode.Scalar? {
        var sign: Unicode.Scalar = " "
        if offset < source.count, source[offset] == "-" || (allowsPlus && source[offset] == "+") {
            sign = source[offset]
            offset += 1
        }
        guard offset + 1 < source.count, source[offset] == "%", source[offset + 1] == "}" else { return nil }
        offset += 2
        return sign
    }

    private mutating func skipSpaces() {
        while offset < source.count, source[offset].isPythonSpace {
            offset += 1
        }
    }
}

extension Lexer {
    func scalar(at index: Int) -> Unicode.Scalar {
        index < source.count ? source[index] : "\0"
    }

    /// Reads tokens up to the end of a `{{` or `{%` tag.
    private mutating func scanExpression(closedBy tag: Tag) throws(TemplateError) {
        var closers: [Unicode.Scalar] = []
        while offset < source.count {
            if closers.isEmpty, skipTagEnd(tag) {
                return
            }
            let scalar = source[offset]
            if scalar.isPythonSpace {
                line += scalar == "\n" ? 1 : 0
                offset += 1
            } else if ("0"..."9").contains(scalar) {
                try scanNumber()
            } else if scalar.isNamePart {
                try scanName()
            } else if scalar == "'" || scalar == "\"" {
                try scanString(quote: scalar)
            } else {
                try scanSymbol(&closers)
            }
        }
        throw TemplateError(
            line: line,
            message: "unexpected end of template, expected "
                + (closers.last.map { "'\($0)'" }
                    ?? (tag == .variable ? "'end of print statement'" : "'end of statement block'")) + ".")
    }

    private mutating func skipTagEnd(_ tag: Tag) -> Bool {
        let first = scalar(at: offset)
        let hasSign = first == "-" || (first == "+" && tag == .block)
        let index = hasSign ? offset + 1 : offset
        guard scalar(at: index) == (tag == .variable ? "}" : "%"), scalar(at: index + 1) == "}" else { return false }
        append(tag == .variable ? .variableEnd : .blockEnd)
        offset = index + 2
        finishTag(sign: hasSign ? first : " ", trimsLineBreak: tag == .block)
        return true
    }

    private mutating func scanName() throws(TemplateError) {
        var name = String.UnicodeScalarView()
        while offset < source.count, source[offset].isNamePart {
            name.append(source[offset])
            offset += 1
        }
        append(.name(String(name)))
    }

    private mutating func scanSymbol(_ closers: inout [Unicode.Scalar]) throws(TemplateError) {
        let first = source[offset]
        let second = scalar(at: offset + 1)
        let pairs: [(Unicode.Scalar, Unicode.Scalar)] = [
            ("/", "/"), ("*", "*"), ("=", "="), ("!", "="), (">", "="), ("<", "="),
        ]
        if pairs.contains(where: { $0 == (first, second) }) {
            append(.symbol(String(Character(first)) + String(Character(second))))
            offset += 2
            return
        }
        switch first {
        case "(": closers.append(")")
        case "[": closers.append("]")
        case "{": closers.append("}")
        case ")", "]", "}":
            guard let expected = closers.popLast() else {
                throw TemplateError(line: line, message: "unexpected '\(first)'")
            }
            guard expected == first else {
                throw TemplateError(line: line, message: "unexpected '\(first)', expected '\(expected)'")
            }
        case "+", "-", "/", "*", "%", "~", ">", "<", "=", ".", ":", "|", ",", ";": break
        default: throw TemplateError(line: line, message: "unexpected char '\(first)'")
        }
        append(.symbol(String(Character(first))))
        offset += 1
    }
}
