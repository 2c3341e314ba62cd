import Terminal
import Testing

@testable import ponder

@Suite struct ReplyViewTests {
    private let events: [ReplyEvent] = [
        .reasoning("\nLet me "), .reasoning("count."), .reasoningEnded(tokenCount: 73), .content("\n\nThere are "),
        .content("3."), .finished(ReplyEnd(reason: "stop")),
    ]

    /// What is written when the events come a second apart.
    private func output(
        _ display: ChatPreferences.ReasoningDisplay, on size: TerminalSize?, _ events: [ReplyEvent]? = nil
    ) -> String {
        var view = ReplyView(display, on: size)
        var output = ""
        for (second, event) in (events ?? self.events).enumerated() {
            output += view.show(event, after: .seconds(second))
        }
        return output + view.finish()
    }

    private let size = TerminalSize(columns: 40, rows: 10)

    @Test func `folded reasoning is dimmed, cleared and summed up`() {
        let dim = Escape.dimmed("Let me ") + Escape.dimmed("count.")
        let line = Escape.dimmed("thought for 2.0 s, 73 tokens; /reasoning shows it")
        #expect(output(.fold, on: size) == dim + "\r" + Escape.clearBelow + line + "\nThere are 3.\n")
    }

    @Test func `shown reasoning stays, dimmed`() {
        #expect(
            output(.show, on: size)
                == Escape.dimmed("Let me ") + Escape.dimmed("count.") + "\n\nThere are 3.\n")
    }

    @Test func `hidden reasoning leaves no trace`() {
        #expect(output(.hide, on: size) == "There are 3.\n")
    }

    @Test func `without a terminal there are no escape sequences`() {
        #expect(output(.fold, on: nil) == "There are 3.\n")
        #expect(output(.hide, on: nil) == "There are 3.\n")
        #expect(output(.show, on: nil) == "Let me count.\n\nThere are 3.\n")
    }

    @Test func `an answer without reasoning is only itself`() {
        #expect(output(.fold, on: size, [.content("Hi.")]) == "Hi.\n")
        #expect(output(.fold, on: size, [.finished(ReplyEnd(reason: "stop"))]) == "")
    }

    @Test func `an end in the middle of reasoning ends the line`() {
        #expect(output(.fold, on: size, [.reasoning("Let")]) == Escape.dimmed("Let") + "\n")
    }

    @Test func `a model cannot send escape sequences to a terminal`() {
        #expect(output(.fold, on: size, [.content("a\u{1B}[2J")]) == "a\u{FFFD}[2J\n")
        #expect(output(.fold, on: nil, [.content("a\u{1B}[2J")]) == "a\u{1B}[2J\n")
    }

    @Test func `where the server cannot count, the line says the time alone`() {
        let text = output(.fold, on: size, [.reasoning("x"), .content("y")])
        #expect(text.contains("thought for 1.0 s; /reasoning"))
    }

    @Test func `times are short and say something`() {
        #expect(ReplyStatistics.seconds(.milliseconds(34)) == "0.03 s")
        #expect(ReplyStatistics.seconds(.milliseconds(1_234)) == "1.2 s")
        #expect(ReplyStatistics.seconds(.milliseconds(999)) == "1.0 s")
    }

    @Test func `statistics go by the times of whoever generated the reply`() {
        var statistics = ReplyStatistics()
        #expect(statistics.lines == ["no reply with token counts yet"])
        var usage = ReplyUsage(promptTokens: 10, cachedTokens: 4, completionTokens: 30, reasoningTokens: 20)
        statistics.add(usage, firstText: .seconds(1), end: .seconds(3))
        #expect(statistics.line.hasSuffix("first text after 1.0 s, 15.0 tokens/s, 3.0 s in all"))
        usage.times = ReplyUsage.Times(prompt: .seconds(1), generation: .seconds(1))
        statistics.add(usage, firstText: .seconds(3), end: .seconds(3))
        #expect(statistics.line.contains(" 30.0 tokens/s"))
        #expect(statistics.lines.last == "2 replies: prompt 20 tokens, 8 of them cached; reasoning 40; answer 20")
    }

    @Test func `a prompt that takes long to read is spoken of until the first text`() {
        var view = ReplyView(.fold, on: size)
        #expect(view.show(.readingPrompt(done: 64, of: 900), after: .milliseconds(100)).isEmpty)
        let line = Escape.dimmed("reading the prompt: 512 of 900 tokens")
        #expect(view.show(.readingPrompt(done: 512, of: 900), after: .seconds(1)) == line)
        let next = Escape.dimmed("reading the prompt: 800 of 900 tokens")
        let erasing = "\r" + Escape.clearBelow
        #expect(view.show(.readingPrompt(done: 800, of: 900), after: .seconds(2)) == erasing + next)
        #expect(view.show(.content("Hi"), after: .seconds(3)) == erasing + "Hi")
        #expect(view.show(.readingPrompt(done: 850, of: 900), after: .seconds(4)).isEmpty)
        var interrupted = ReplyView(.fold, on: size)
        _ = interrupted.show(.readingPrompt(done: 1, of: 900), after: .seconds(1))
        #expect(interrupted.finish() == erasing)
        var pipe = ReplyView(.fold, on: nil)
        #expect(pipe.show(.readingPrompt(done: 1, of: 900), after: .seconds(1)).isEmpty)
    }
}
