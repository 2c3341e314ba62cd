import TestSupport
import Testing

@testable import Terminal

@Suite struct LineEditorTests {
    private func editor(_ keys: [Key], history: [String] = []) -> LineEditor {
        var editor = LineEditor(history: LineHistory(history), completions: ["/save", "/set", "/stats", "/help"])
        for key in keys { _ = editor.handle(key) }
        return editor
    }

    @Test func `typed text is submitted by enter and leaves an empty editor`() {
        var editor = editor([.text("hello")])
        #expect(editor.handle(.enter) == .submit("hello"))
        #expect(editor.text.isEmpty)
    }

    @Test func `a backslash at the end goes on in the next line`() {
        var editor = editor([.text("one\\"), .enter, .text("two")])
        #expect(editor.handle(.enter) == .submit("one\ntwo"))
    }

    @Test func `text goes in at the cursor`() {
        #expect(
            editor([.text("held"), .left, .text("lo wor"), .home, .text("»"), .end, .text("!")]).text == "»hello word!")
    }

    @Test func `a combining mark joins the character before it`() {
        let editor = editor([.text("e"), .text("\u{301}"), .text("x"), .left, .backspace])
        #expect(editor.text == "x")
    }

    @Test func `deleted words and lines come back`() {
        let editor = editor([.text("one two three"), .deleteWordBefore, .home, .yank, .text(" ")])
        #expect(editor.text == "three one two ")
        #expect(self.editor([.text("one two"), .wordLeft, .deleteToEnd]).text == "one ")
        #expect(self.editor([.text("one two"), .wordLeft, .deleteToStart]).text == "two")
        #expect(self.editor([.text("one two"), .home, .deleteWordAfter]).text == " two")
    }

    @Test func `the arrows fetch earlier lines, and what was being written comes back`() {
        var editor = editor([.text("draft"), .up], history: ["first", "second"])
        #expect(editor.text == "second")
        _ = editor.handle(.up)
        #expect(editor.text == "first")
        #expect(editor.handle(.up) == .none)
        _ = editor.handle(.down)
        _ = editor.handle(.down)
        #expect(editor.text == "draft")
        #expect(editor.handle(.down) == .none)
    }

    @Test func `in several lines the arrows move first`() {
        var editor = editor([.paste("first\nsecond line\nx"), .up], history: ["old"])
        #expect(editor.cursor == 7)
        _ = editor.handle(.up)
        #expect(editor.cursor == 1)
        _ = editor.handle(.up)
        #expect(editor.text == "old")
    }

    @Test func `history keeps no blanks and no repetitions, and no more than its limit`() {
        var history = LineHistory(limit: 2)
        for entry in ["a", "a", " \n", "b", "b"] { history.add(entry) }
        #expect(history.entries == ["a", "b"])
        history.add("c")
        #expect(history.entries == ["b", "c"])
    }

    @Test func `ctrl-c drops the text, ctrl-d ends only an empty line`() {
        var editor = editor([.text("ab"), .home])
        #expect(editor.handle(.endOfInput) == .redraw)
        #expect(editor.text == "b")
        #expect(editor.handle(.interrupt) == .interrupt(hadText: true))
        #expect(editor.handle(.interrupt) == .interrupt(hadText: false))
        #expect(editor.handle(.endOfInput) == .endOfInput)
    }

    @Test func `tab completes as far as a command is certain`() {
        #expect(editor([.text("/h"), .tab]).text == "/help ")
        #expect(editor([.text("/s"), .tab]).text == "/s")
        #expect(editor([.text("/st"), .tab]).text == "/stats ")
        #expect(editor([.text("hello"), .tab]).text == "hello")
    }

    @Test func `no order of keys breaks the cursor`() {
        var random = SeededGenerator(seed: 3)
        let keys: [Key] = [
            .text("日a"), .paste("x\ny"), .newline, .tab, .backspace, .delete, .left, .right, .up, .down, .home, .end,
            .wordLeft, .wordRight, .deleteWordBefore, .deleteWordAfter, .deleteToStart, .deleteToEnd, .yank, .enter,
            .interrupt, .endOfInput,
        ]
        var editor = editor([], history: ["one", "two\nthree"])
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        for _ in 0..<10_000 {
            let action = editor.handle(keys.randomElement(using: &random) ?? .up)
            if case .submit(let text) = action { editor.history.add(text) }
            #expect((0...editor.characters.count).contains(editor.cursor))
            _ = view.draw(editor, in: TerminalSize(columns: .random(in: 1...20, using: &random), rows: 4))
        }
    }

    @Test func `a search shows what was entered last with the text, and then what was before it`() {
        let history = ["count the cats", "Count the dogs", "hello", "count the cats"]
        var editor = editor([.text("dra"), .left, .searchHistory, .text("COUNT")], history: history)
        #expect(editor.text == "count the cats" && editor.search?.query == "COUNT")
        _ = editor.handle(.searchHistory)
        #expect(editor.text == "Count the dogs")
        // There is no other one, as the same text counts once.
        _ = editor.handle(.searchHistory)
        #expect(editor.text == "Count the dogs")
        _ = editor.handle(.text(" the d"))
        #expect(editor.text == "Count the dogs")
        _ = editor.handle(.abort)
        #expect(editor.text == "dra" && editor.cursor == 2 && editor.search == nil)
    }

    @Test func `a search ends with the key that does something with what was found`() {
        var entered = editor([.searchHistory, .text("one"), .enter], history: ["one two"])
        #expect(entered.text.isEmpty && entered.search == nil)
        var editor = editor([.searchHistory, .text("one")], history: ["one two"])
        #expect(editor.handle(.enter) == .submit("one two"))
        entered = self.editor([.searchHistory, .text("two"), .home, .text("> ")], history: ["one two"])
        #expect(entered.text == "> one two" && entered.search == nil)
    }

    @Test func `a search that finds nothing says so and keeps what it showed`() {
        var editor = editor([.searchHistory, .text("o"), .text("x")], history: ["one"])
        #expect(editor.search?.hasFailed == true && editor.text == "one")
        #expect(editor.handle(.backspace) == .redraw && editor.search?.hasFailed == false)
        #expect(editor.handle(.interrupt) == .redraw && editor.text.isEmpty)
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        let size = TerminalSize(columns: 40, rows: 5)
        _ = editor.handle(.searchHistory)
        _ = editor.handle(.text("zz"))
        #expect(view.draw(editor, in: size).contains("(nothing zz) "))
    }
}
