internal import JSON
internal import Templates

/// Puts the reasoning of earlier turns back into a rendering whose template leaves it out.
///
/// Qwen3's template keeps reasoning only behind the last question. A mark before the content of each earlier answer shows
/// where its reasoning belongs; its tags are the template's words, and its text the caller's.
struct EarlierReasoning {
    /// Of private use, so that text has no use for it.
    private static let mark = "\u{10FFFD}thought before\u{10FFFD}"

    /// What was thought before each answer that has a mark, in order.
    private var thoughts: [String] = []

    /// The messages with marks; those behind the last question are the template's to render.
    mutating func marked(_ messages: [ChatMessage], by form: TemplateMessages) -> [JSONValue] {
        let lastQuestion = messages.lastIndex { $0.role == .user } ?? 0
        return messages.enumerated().map { index, message in
            var object = form.json(message)
            guard index < lastQuestion, message.role == .assistant,
                let thought = object["reasoning_content"]?.stringValue, !thought.isEmpty,
                let content = object["content"]?.stringValue, var members = object.objectValue
            else { return object }
            thoughts.append(thought.trimmingNewlines())
            members["reasoning_content"] = ""
            members["content"] = .string(Self.mark + content.trimmingNewlines(atEnd: false))
            object = .object(members)
            return object
        }
    }

    /// The rendering with think blocks in place of the marks.
    func restored(_ rendered: RenderedText) -> RenderedText {
        var segments: [RenderedText.Segment] = []
        var rest = thoughts[...]
        for segment in rendered.segments {
            var text = segment.text
            while let mark = text.firstRange(of: Self.mark), let thought = rest.popFirst() {
                segments.append(String(text[..<mark.lowerBound]), segment.origin)
                segments.append("<think>\n", .template)
                segments.append(thought, .caller)
                segments.append("\n</think>\n\n", .template)
                text = String(text[mark.upperBound...])
            }
            segments.append(text, segment.origin)
        }
        return RenderedText(segments: segments)
    }
}

extension [RenderedText.Segment] {
    /// Appends text, to the last segment if that has the same origin.
    fileprivate mutating func append(_ text: String, _ origin: RenderedText.Origin) {
        guard !text.isEmpty else { return }
        if last?.origin == origin {
            self[count - 1].text += text
        } else {
            append(RenderedText.Segment(text: text, origin: origin))
        }
    }
}
