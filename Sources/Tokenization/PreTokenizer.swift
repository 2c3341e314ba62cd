/// Cuts text into the words that merges may not cross, as Qwen's regular expression does:
///
///     (?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+
///
/// Each alternative below is a function that says how far it matches.
struct PreTokenizer: Sendable {
    /// The expression above, as tokenizer.json spells it.
    static let pattern =
        #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    private let classes = UnicodeClasses.shared

    /// Where the word that starts at `start` ends, in well-formed UTF-8. `start` must not be the end of the text.
    func endOfWord(in text: Span<UInt8>, from start: Int) -> Int {
        let first = element(in: text, at: start)
        if first.isLetter {
            return endOfLetters(in: text, from: first.end)
        }
        if text[start] == UInt8(ascii: "'"), let end = endOfContraction(in: text, from: first.end) {
            return end
        }
        if first.isNumber {
            return first.end
        }
        guard first.end < text.count else { return first.end }
        if !isNewline(text[start]) {
            let second = element(in: text, at: first.end)
            if second.isLetter {
                return endOfLetters(in: text, from: second.end)
            }
            if text[start] == UInt8(ascii: " "), second.isOther {
                return endOfSymbols(in: text, from: second.end)
            }
        }
        return first.isSpace
            ? endOfSpace(in: text, from: start, firstEnd: first.end)
            : endOfSymbols(in: text, from: first.end)
    }

    /// `'s|'t|'re|'ve|'m|'ll|'d` in either case; the long s folds to s too.
    private func endOfContraction(in text: Span<UInt8>, from position: Int) -> Int? {
        guard position < text.count else { return nil }
        let following = position + 1 < text.count ? text[position + 1] : 0
        switch text[position] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"):
            return position + 1
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return following | 0x20 == UInt8(ascii: "e") ? position + 2 : nil
        case UInt8(ascii: "l"):
            return following | 0x20 == UInt8(ascii: "l") ? position + 2 : nil
        default:
            return text[position] == 0xC5 && following == 0xBF ? position + 2 : nil
        }
    }

    /// `\p{L}+`
    @inline(__always)
    private func endOfLetters(in text: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.count {
            let next = element(in: text, at: position)
            guard next.isLetter else { break }
            position = next.end
        }
        return position
    }

    /// `[^\s\p{L}\p{N}]+[\r\n]*`
    private func endOfSymbols(in text: Span<UInt8>, from start: Int) -> Int {
        var position = start
        while position < text.count {
            let next = element(in: text, at: position)
            guard next.isOther else { break }
            position = next.end
        }
        while position < text.count, isNewline(text[position]) {
            position += 1
        }
        return position
    }

    /// `\s*[\r\n]+`, else `\s+(?!\S)`, else `\s+`
    private func endOfSpace(in text: Span<UInt8>, from start: Int, firstEnd: Int) -> Int {
        var position = start
        var lastStart = start
        var newlineEnd: Int?
        while position < text.count {
            let next = element(in: text, at: position)
            guard next.isSpace else { break }
            if isNewline(text[position]) {
                newlineEnd = next.end
            }
            lastStart = position
            position = next.end
        }
        if let newlineEnd {
            return newlineEnd
        }
        return position == text.count || lastStart == start ? position : lastStart
    }

    @inline(__always)
    private func isNewline(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    @inline(__always)
    private func element(in text: Span<UInt8>, at position: Int) -> Element {
        let first = text[position]
        if first < 0x80 {
            return Element(traits: classes[UInt32(first)].bits, end: position + 1)
        }
        // Every code point from U+5000 to U+9FFF is a letter.
        if first >= 0xE5 && first <= 0xE9 {
            return Element(traits: CodePointTraits.letter, end: position + 3)
        }
        let scalar = text.scalar(at: position)
        return Element(traits: classes[scalar.value].bits, end: position + scalar.length)
    }
}

/// A scalar of the text by its class, and where the next one starts.
private struct Element {
    let traits: UInt16
    let end: Int

    var isLetter: Bool { traits & CodePointTraits.letter != 0 }
    var isNumber: Bool { traits & CodePointTraits.number != 0 }
    var isSpace: Bool { traits & CodePointTraits.space != 0 }
    var isOther: Bool { traits & CodePointTraits.classes == 0 }
}
