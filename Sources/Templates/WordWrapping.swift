/// Breaks a line into lines of a width, as Python's textwrap does without replacing white space.
struct WordWrapping {
    var width: Int
    var breaksLongWords: Bool
    var breaksOnHyphens: Bool

    func lines(of text: TemplateText) -> [TemplateText] {
        var chunks = ArraySlice(chunks(of: text))
        var lines: [TemplateText] = []
        while !chunks.isEmpty {
            var line: [TemplateText] = []
            var length = 0
            if !lines.isEmpty, let first = chunks.first, Self.isBlank(first) {
                chunks.removeFirst()
            }
            while let chunk = chunks.first, length + chunk.scalarCount <= width {
                line.append(chunk)
                length += chunk.scalarCount
                chunks.removeFirst()
            }
            if let chunk = chunks.first, chunk.scalarCount > width {
                chunks.removeFirst()
                if breaksLongWords {
                    let room = max(width - length, 1)
                    let cut = chunk.offset(ofScalar: room)
                    line.append(chunk.slice(0..<cut))
                    if cut < chunk.byteCount {
                        chunks = [chunk.slice(cut..<chunk.byteCount)] + chunks
                    }
                } else if line.isEmpty {
                    line.append(chunk)
                } else {
                    chunks = [chunk] + chunks
                }
            }
            if let last = line.last, Self.isBlank(last) {
                line.removeLast()
            }
            if !line.isEmpty {
                lines.append(line.dropFirst().reduce(line[0], +))
            }
        }
        return lines
    }

    private static func isBlank(_ text: TemplateText) -> Bool {
        text.string.unicodeScalars.allSatisfy(\.isPythonSpace)
    }

    /// Words and the white space between them; words end after a hyphen between letters, where that is wanted.
    private func chunks(of text: TemplateText) -> [TemplateText] {
        let ranges = text.scalarRanges
        let scalars = ranges.map { text.scalar(in: $0) }
        var chunks: [TemplateText] = []
        var start = 0
        for index in scalars.indices {
            let isLast = index == scalars.count - 1
            let changes = !isLast && scalars[index].isPythonSpace != scalars[index + 1].isPythonSpace
            let isHyphen =
                breaksOnHyphens && scalars[index] == "-" && index >= 2 && !isLast
                && scalars[index - 1].isPythonAlphabetic && scalars[index - 2].isNamePart
                && index + 2 < scalars.count && scalars[index + 1].isPythonAlphabetic
                && (scalars[index + 2].isNamePart || scalars[index + 2] == "-")
            if isLast || changes || isHyphen {
                chunks.append(text.slice(start..<ranges[index].upperBound))
                start = ranges[index].upperBound
            }
        }
        return chunks
    }
}
