import Chat
import Foundation
import Serving
import Terminal

/// A conversation at a terminal: one loop over what the keyboard, the signals and the replies bring.
///
/// States: *writing*, while the editor has the keys; *answering*, while keys wait for the next message and Ctrl-C ends the
/// answer. Where standard output is no terminal, lines come as the terminal sends them, nothing is drawn, and everything
/// but the answers goes to standard error.
final class ChatSession {
    private enum Event: Sendable {
        case terminal(TerminalEvent)
        case reply(number: Int, ReplyEvent)
        /// The failure on one line, if there was one.
        case replyEnded(number: Int, failure: String?)
    }

    let backend: any ChatBackend
    var conversation: Conversation
    var preferences: ChatPreferences
    var statistics = ReplyStatistics()

    private let history: ChatHistoryFile?
    private let draws = TerminalDevice.writesTerminal
    private var decoder = KeyDecoder()
    private var editor: LineEditor
    private var editorView = EditorView(prompt: ">>> ", continuation: "... ")
    private var answer: Answer?
    private var answerCount = 0
    /// Keys pressed during an answer, for afterwards.
    private var waitingKeys: [Key] = []
    private var hasInputEnded = false
    private var isOver = false
    private let events: AsyncStream<Event>
    private let continuation: AsyncStream<Event>.Continuation

    init(
        backend: any ChatBackend, conversation: Conversation, preferences: ChatPreferences, history: ChatHistoryFile?
    ) {
        self.backend = backend
        self.conversation = conversation
        self.preferences = preferences
        self.history = history
        editor = LineEditor(history: LineHistory(history?.read() ?? []), completions: ChatInstruction.names)
        (events, continuation) = AsyncStream.makeStream(of: Event.self)
    }

    /// Talks until the person ends it.
    func run() async {
        if draws { TerminalDevice.takeOver() }
        defer { TerminalDevice.restore() }
        let watcher = TerminalEvents { [continuation] in continuation.yield(.terminal($0)) }
        defer { watcher.cancel() }
        tell("\(SafeText.line(backend.modelName)). /help lists the commands; Ctrl-D ends the chat.")
        prompt()
        for await event in events {
            handle(event)
            if isOver { break }
        }
    }

    /// Says something that is no answer.
    func tell(_ text: String) {
        if draws {
            write(Escape.dimmed(SafeText.forTerminal(text)) + "\n")
        } else {
            FileHandle.standardError.write(Data((text + "\n").utf8))
        }
    }

    /// Ends the conversation after the event at hand.
    func end() {
        isOver = true
    }

    private func write(_ text: String) {
        guard !text.isEmpty else { return }
        FileHandle.standardOutput.write(Data(text.utf8))
    }
}

extension ChatSession {
    private func handle(_ event: Event) {
        switch event {
        case .terminal(.bytes(let bytes)): decoder.consume(bytes).forEach(take)
        case .terminal(.interrupted): take(.interrupt)
        case .terminal(.ended): endInput()
        case .terminal(.resized): redraw()
        case .terminal(.continued):
            guard draws else { return }
            TerminalDevice.takeOver()
            editorView.forget()
            redraw()
        case .reply(let number, let event): if number == answer?.number { show(event) }
        case .replyEnded(let number, let failure): if number == answer?.number { endAnswer(failure) }
        }
    }

    private func take(_ key: Key) {
        guard !isOver else { return }
        if answer != nil {
            switch key {
            case .interrupt: interruptAnswer()
            case .suspend: TerminalDevice.suspend()
            default: waitingKeys.append(key)
            }
            return
        }
        if editor.search != nil, key == .enter {
            // What stays on the screen is the line, and not the search for it.
            editor.endSearch()
            redraw()
        }
        switch editor.handle(key) {
        case .none: break
        case .redraw: redraw()
        case .submit(let text): submit(text)
        case .interrupt(let hadText):
            leaveEditor()
            if !hadText { tell("Ctrl-D or /exit ends the chat.") }
            prompt()
        case .endOfInput:
            leaveEditor()
            end()
        case .suspend:
            leaveEditor()
            if draws { TerminalDevice.suspend() }
            prompt()
        case .clearScreen:
            if draws { write(Escape.clearScreen) }
            editorView.forget()
            redraw()
        }
    }

    /// The last line may lack its end.
    private func endInput() {
        hasInputEnded = true
        guard answer == nil else { return }
        if !editor.text.isEmpty { take(.enter) }
        if answer == nil { end() }
    }

    private func submit(_ text: String) {
        if editor.history.add(text) { history?.append(text) }
        if draws {
            // Drawn once more with the whole text, as the editor is empty already.
            leaveEditor()
        }
        guard !text.trimmed.isEmpty else { return prompt() }
        switch ChatInstruction(text) {
        case .message(let message): ask(message)
        case .regenerate: regenerate()
        case let command:
            obey(command)
            if !isOver { prompt() }
        }
    }

    private func prompt() {
        if draws {
            redraw()
        } else {
            FileHandle.standardError.write(Data(">>> ".utf8))
        }
    }

    private func redraw() {
        guard draws, answer == nil else { return }
        write(editorView.draw(editor, in: TerminalDevice.size))
    }

    private func leaveEditor() {
        if draws { write(editorView.leave()) }
    }
}

extension ChatSession {
    /// A reply that is coming.
    private struct Answer {
        let number: Int
        let task: Task<Void, Never>
        /// The earlier answer to the same question.
        let replaced: [ChatMessage]
        let start = ContinuousClock.now
        var view: ReplyView
        var firstText: Duration?
        var reasoning = ""
        var content = ""
        var end: ReplyEnd?
    }

    private func ask(_ text: String) {
        conversation.ask(text)
        beginAnswer()
    }

    /// Answers the last question anew, with the settings as they are now. Where
    /// nothing comes of it, the earlier answer stays.
    private func regenerate() {
        guard let replaced = conversation.withdrawAnswer() else {
            tell("There is no answer yet that could be given anew.")
            return prompt()
        }
        beginAnswer(replacing: replaced)
    }

    private func beginAnswer(replacing replaced: [ChatMessage] = []) {
        answerCount += 1
        let request = conversation.request(preferences)
        let view = ReplyView(preferences.reasoning, on: draws ? TerminalDevice.size : nil)
        let task = Task { [backend, continuation, number = answerCount] in
            var failure: String?
            do {
                try await backend.reply(to: request) { continuation.yield(.reply(number: number, $0)) }
            } catch {
                failure = SafeText.line("\(error)")
            }
            continuation.yield(.replyEnded(number: number, failure: failure))
        }
        answer = Answer(number: answerCount, task: task, replaced: replaced, view: view)
    }

    private func show(_ event: ReplyEvent) {
        guard var current = answer else { return }
        let elapsed = ContinuousClock.now - current.start
        switch event {
        case .notice(let text): tell(text)
        case .reasoning(let text):
            current.firstText = current.firstText ?? elapsed
            current.reasoning += text
        case .content(let text):
            current.firstText = current.firstText ?? elapsed
            current.content += text
        case .readingPrompt, .reasoningEnded: break
        case .finished(let end): current.end = end
        }
        let output = current.view.show(event, after: elapsed)
        answer = current
        write(output)
    }

    /// What is there of the answer stays, as the next question may be about it.
    private func interruptAnswer() {
        answer?.task.cancel()
        waitingKeys = []
        finishAnswer(remark: "(interrupted)")
    }

    private func endAnswer(_ failure: String?) {
        let isCut = answer?.end?.reason == "length"
        finishAnswer(remark: failure ?? (isCut ? "(the limit of tokens was reached)" : nil))
    }

    private func finishAnswer(remark: String?) {
        guard var finished = answer else { return }
        let elapsed = ContinuousClock.now - finished.start
        answer = nil
        write(finished.view.finish())
        if finished.content.isEmpty, !finished.replaced.isEmpty {
            conversation.restore(finished.replaced)
        } else if finished.content.isEmpty {
            conversation.withdrawQuestion()
        } else {
            conversation.answer(reasoning: finished.reasoning, content: finished.content)
        }
        if let remark { tell(remark) }
        if let usage = finished.end?.usage {
            statistics.add(usage, firstText: finished.firstText ?? elapsed, end: elapsed)
            if preferences.showsStatistics { tell(statistics.line) }
        }
        if draws { write("\n") }
        goOn()
    }

    /// To what was typed during the answer.
    private func goOn() {
        let keys = waitingKeys
        waitingKeys = []
        prompt()
        keys.forEach(take)
        if hasInputEnded, answer == nil { endInput() }
    }
}
