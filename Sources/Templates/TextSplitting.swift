/// Python's ways to cut text.
extension TemplateText {
    /// The parts between separators, which are not empty; at most `limit` cuts.
    func split(separator: [UInt8], limit: Int, fromEnd: Bool) -> [TemplateText] {
        var parts: [TemplateText] = []
        if fromEnd {
            var end = byteCount
            while parts.count < limit, let found = lastRange(of: separator, to: end) {
                parts.append(slice((found + separator.count)..<end))
                end = found
            }
            parts.append(slice(0..<end))
            return parts.reversed()
        }
        var start = 0
        while parts.count < limit, let found = firstRange(of: separator, from: start) {
            parts.append(slice(start..<found))
            start = found + separator.count
        }
        parts.append(slice(start..<byteCount))
        return parts
    }

    /// The parts between runs of white space; at most `limit` cuts.
    func splitAtSpaces(limit: Int, fromEnd: Bool) -> [TemplateText] {
        let words = wordRanges
        guard words.count > limit else { return words.map(slice) }
        // White space at the far end of what is not cut stays, as in Python.
        if fromEnd {
            return [slice(0..<words[words.count - limit - 1].upperBound)] + words.suffix(limit).map(slice)
        }
        return words.prefix(limit).map(slice) + [slice(words[limit].lowerBound..<byteCount)]
    }

    /// The ranges of what is not white space.
    private var wordRanges: [Range<Int>] {
        var words: [Range<Int>] = []
        var wordStart: Int?
        for range in scalarRanges {
            if scalar(in: range).isPythonSpace {
                if let start = wordStart {
                    words.append(start..<range.lowerBound)
                }
                wordStart = nil
            } else if wordStart == nil {
                wordStart = range.lowerBound
            }
        }
        if let start = wordStart {
            words.append(start..<byteCount)
        }
        return words
    }

    /// The places between scalars, before the first and after the last, as Python replaces an empty text.
    func splitBetweenScalars(limit: Int) -> [TemplateText] {
        var parts = [TemplateText()]
        var start = 0
        for range in scalarRanges where parts.count < limit {
            parts.append(slice(range))
            start = range.upperBound
        }
        if limit == 0 {
            return [self]
        }
        if parts.count < limit || start < byteCount {
            parts.append(slice(start..<byteCount))
        }
        return parts
    }

    /// Lines without their breaks, unless `keepingEnds`; a break at the end starts no line.
    func lines(keepingEnds: Bool = false) -> [TemplateText] {
        var lines: [TemplateText] = []
        var start = 0
        var offset = 0
        for range in scalarRanges where range.lowerBound >= offset {
            offset = range.upperBound
            guard scalar(in: range).isPythonLineBreak else { continue }
            if bytes[range.lowerBound] == 13, range.upperBound < byteCount, bytes[range.upperBound] == 10 {
                offset += 1
            }
            lines.append(slice(start..<(keepingEnds ? offset : range.lowerBound)))
            start = offset
        }
        if start < byteCount {
            lines.append(slice(start..<byteCount))
        }
        return lines
    }

    /// Without the scalars at the start and at the end that fulfil a condition.
    func stripped(start: Bool, end: Bool, of isUnwanted: (Unicode.Scalar) -> Bool) -> TemplateText {
        var lower = 0
        var upper = byteCount
        while start, lower < upper {
            let width = bytes[lower] < 0x80 ? 1 : bytes[lower] < 0xE0 ? 2 : bytes[lower] < 0xF0 ? 3 : 4
            guard isUnwanted(scalar(in: lower..<(lower + width))) else { break }
            lower += width
        }
        while end, upper > lower {
            var first = upper - 1
            while first > lower, bytes[first] & 0xC0 == 0x80 {
                first -= 1
            }
            guard isUnwanted(scalar(in: first..<upper)) else { break }
            upper = first
        }
        return lower == 0 && upper == byteCount ? self : slice(lower..<upper)
    }

    /// The one scalar in a range.
    func scalar(in range: Range<Int>) -> Unicode.Scalar {
        let lead = bytes[range.lowerBound]
        guard lead >= 0x80 else { return Unicode.Scalar(lead) }
        return String(decoding: bytes[range], as: UTF8.self).unicodeScalars.first ?? "\u{FFFD}"
    }
}
