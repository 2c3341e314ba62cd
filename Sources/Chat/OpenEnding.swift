internal import JSON
internal import Templates

/// Renders a conversation whose last message stays open.
///
/// A mark behind the message's text shows where the rendering is to be cut.
struct OpenEnding {
    /// Of private use, so that text has no use for it; whatever stands before the last one is kept.
    private static let mark = "\u{10FFFD}continued here\u{10FFFD}"

    private let messages: [JSONValue]

    init(of request: ChatPromptRequest, messages: TemplateMessages) throws(ChatError) {
        guard let last = request.messages.last else {
            throw ChatError(field: "continue_final_message", reason: "there is no message to continue")
        }
        var context = request.messages.dropLast().map { messages.json($0) }
        context.append(messages.json(last, mark: Self.mark))
        self.messages = context
    }

    func render(_ render: ([JSONValue]) throws(ChatError) -> RenderedText) throws(ChatError) -> RenderedText {
        let rendered = try render(messages)
        var segments = rendered.segments
        while let segment = segments.popLast() {
            if let mark = segment.text.lastRange(of: Self.mark) {
                let kept = String(segment.text[..<mark.lowerBound])
                if !kept.isEmpty {
                    segments.append(RenderedText.Segment(text: kept, origin: segment.origin))
                }
                return RenderedText(segments: segments)
            }
        }
        throw ChatError(field: "continue_final_message", reason: "the template leaves the last message out")
    }
}
