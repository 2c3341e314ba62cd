import Terminal

/// Turns the events of one reply into what is written to standard output.
///
/// States: *waiting* for the first text; *thinking*; *answering*; nothing after `finish`. Reasoning is dimmed on a terminal,
/// and with `fold` becomes one line when the answer begins. Elsewhere only `show` writes it at all.
struct ReplyView {
    private enum State {
        case waiting
        case thinking(since: Duration)
        case answering
    }

    private let display: ChatPreferences.ReasoningDisplay
    /// Nil where standard output is no terminal.
    private let size: TerminalSize?
    private var state = State.waiting
    private var panel: FoldingPanel?
    /// Whether the output ends in the middle of a line.
    private var isInsideLine = false
    /// White space before a text is not shown.
    private var isAtBeginning = true
    /// Whether the line that says how far the prompt is read stands there.
    private var tellsReading = false

    /// A prompt that takes no longer to read is not spoken of.
    private static let patience = Duration.milliseconds(500)

    init(_ display: ChatPreferences.ReasoningDisplay, on size: TerminalSize?) {
        self.display = display
        self.size = size
        panel = display == .fold ? size.map(FoldingPanel.init) : nil
    }

    /// Takes in one event, so long after the question; returns what to write.
    mutating func show(_ event: ReplyEvent, after elapsed: Duration) -> String {
        if case .readingPrompt(let done, let total) = event { return reading(done, of: total, after: elapsed) }
        let erased = eraseReading()
        return erased + text(of: event, after: elapsed)
    }

    private mutating func text(of event: ReplyEvent, after elapsed: Duration) -> String {
        switch event {
        case .reasoning(let text):
            if case .waiting = state { state = .thinking(since: elapsed) }
            return reasoning(text)
        case .reasoningEnded(let tokenCount): return endReasoning(tokenCount, after: elapsed)
        case .content(let text):
            let beginning = endReasoning(nil, after: elapsed)
            state = .answering
            return beginning + content(text)
        case .notice, .finished, .readingPrompt: return ""
        }
    }

    private mutating func reading(_ done: Int, of total: Int, after elapsed: Duration) -> String {
        guard size != nil, case .waiting = state, elapsed >= Self.patience, done < total else { return "" }
        let erased = eraseReading()
        tellsReading = true
        return erased + Escape.dimmed("reading the prompt: \(done) of \(total) tokens")
    }

    private mutating func eraseReading() -> String {
        defer { tellsReading = false }
        return tellsReading ? "\r" + Escape.clearBelow : ""
    }

    /// What ends a reply, complete or not.
    mutating func finish() -> String {
        eraseReading() + (isInsideLine ? "\n" : "")
    }

    private mutating func reasoning(_ text: String) -> String {
        guard display != .hide, size != nil || display == .show else { return "" }
        let text = skippingBeginning(text)
        guard !text.isEmpty else { return "" }
        isInsideLine = text.last != "\n"
        if panel != nil {
            isInsideLine = true
            return panel?.append(text) ?? ""
        }
        return size == nil ? text : Escape.dimmed(SafeText.forTerminal(text))
    }

    private mutating func endReasoning(_ tokenCount: Int?, after elapsed: Duration) -> String {
        guard case .thinking(let since) = state else { return "" }
        state = .answering
        isAtBeginning = true
        guard panel != nil else {
            defer { isInsideLine = false }
            return isInsideLine ? "\n\n" : ""
        }
        isInsideLine = false
        let tokens = tokenCount.map { ", \($0) tokens" } ?? ""
        let line = "thought for \(ReplyStatistics.seconds(elapsed - since))\(tokens); /reasoning shows it"
        return (panel?.clear() ?? "") + Escape.dimmed(line) + "\n"
    }

    private mutating func content(_ text: String) -> String {
        let text = skippingBeginning(text)
        guard !text.isEmpty else { return "" }
        isInsideLine = text.last != "\n"
        return size == nil ? text : SafeText.forTerminal(text)
    }

    private mutating func skippingBeginning(_ text: String) -> String {
        guard isAtBeginning else { return text }
        let rest = text.drop(while: \.isNewline)
        isAtBeginning = rest.isEmpty
        return String(rest)
    }
}
