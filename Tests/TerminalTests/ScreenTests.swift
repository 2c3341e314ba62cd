import Testing

@testable import Terminal

/// What the views write, played on a small terminal.
@Suite struct ScreenTests {
    private func editor(_ keys: [Key]) -> LineEditor {
        var editor = LineEditor()
        for key in keys { _ = editor.handle(key) }
        return editor
    }

    @Test func `a line is drawn behind its prompt and the cursor stands where text goes in`() {
        var screen = Screen(columns: 20, rows: 6)
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        screen.play(view.draw(editor([.text("hello"), .left]), in: screen.size))
        #expect(screen.lines == [">>> hello"])
        #expect(screen.cursor == (0, 8))
    }

    @Test func `long lines wrap, and drawing again replaces them`() {
        var screen = Screen(columns: 10, rows: 6)
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        screen.play(view.draw(editor([.text("abcdefghij")]), in: screen.size))
        #expect(screen.lines == [">>> abcdef", "ghij"])
        screen.play(view.draw(editor([.text("abcdef")]), in: screen.size))
        #expect(screen.lines == [">>> abcdef"])
        #expect(screen.cursor == (1, 0))
        screen.play(view.draw(editor([.text("ab"), .newline, .text("日本日本"), .home]), in: screen.size))
        #expect(screen.lines == [">>> ab", "... 日本日", "本"])
        #expect(screen.cursor == (1, 4))
    }

    @Test func `leaving goes below the text`() {
        var screen = Screen(columns: 10, rows: 6)
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        screen.play(view.draw(editor([.paste("a\nb\nc"), .up, .up]), in: screen.size))
        screen.play(view.leave() + "answer")
        #expect(screen.lines == [">>> a", "... b", "... c", "answer"])
    }

    @Test func `a text taller than the terminal shows the part with the cursor`() {
        var screen = Screen(columns: 10, rows: 3)
        var view = EditorView(prompt: ">>> ", continuation: "... ")
        screen.play(view.draw(editor([.paste("a\nb\nc\nd\ne")]), in: screen.size))
        #expect(screen.lines == ["... c", "... d", "... e"])
        screen.play(view.draw(editor([.paste("a\nb\nc\nd\ne"), .up, .up, .up, .up]), in: screen.size))
        #expect(screen.lines == [">>> a", "... b", "... c"])
    }

    @Test func `a panel wraps at words and leaves nothing behind`() {
        var screen = Screen(columns: 16, rows: 10)
        var panel = FoldingPanel(in: screen.size)
        screen.play("question\n")
        for piece in ["Count the ", "letters of", " straw", "berries."] { screen.play(panel.append(piece)) }
        #expect(screen.lines == ["question", "Count the", "letters of", "strawberries."])
        screen.play(panel.clear() + "answer")
        #expect(screen.lines == ["question", "answer"])
    }

    @Test func `a panel shows its last rows only, so that all of it can be cleared`() {
        var screen = Screen(columns: 20, rows: 6)
        var panel = FoldingPanel(in: screen.size)
        screen.play("question\n")
        for number in 1...40 { screen.play(panel.append("line \(number)\n")) }
        #expect(screen.lines == ["question", "line 39", "line 40"])
        screen.play(panel.append("end"))
        #expect(screen.lines == ["question", "line 39", "line 40", "end"])
        screen.play(panel.clear())
        #expect(screen.lines == ["question"])
    }

    @Test func `a panel's screen does not depend on how its text was cut`() {
        let text = "Ein Wort, 日本語のことば und ein überlangesWortOhneLücke.\n\nEnde 🙂 der Zeile.\n- a\n- b\n"
        var whole = Screen(columns: 17, rows: 8)
        var panel = FoldingPanel(in: whole.size)
        whole.play(panel.append(text))
        var cut = Screen(columns: 17, rows: 8)
        var other = FoldingPanel(in: cut.size)
        for character in text { cut.play(other.append(String(character))) }
        #expect(cut.lines == whole.lines)
        cut.play(other.clear())
        #expect(cut.lines.isEmpty)
    }

    @Test func `escape sequences in text do not reach the terminal`() {
        #expect(
            SafeText.forTerminal("a\u{1B}[2Jb\u{9B}31m\r\n\tc\u{7F}") == "a\u{FFFD}[2Jb\u{FFFD}31m\u{FFFD}\n\tc\u{FFFD}"
        )
        #expect(SafeText.line("one\ntwo") == "one two")
    }

    @Test func `widths are those of terminals`() {
        #expect(TextWidth.of("aé") == 2)
        #expect(TextWidth.of("日本") == 4)
        #expect(TextWidth.of("e\u{301}") == 1)
        #expect(TextWidth.of("🙂") == 2)
        #expect(TextWidth.of("❤\u{FE0F}") == 2)
        #expect(TextWidth.of("한") == 2)
        #expect(TextWidth.of("\u{200B}") == 0)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("日本語", 5, "日本…"), ("日本語", 4, "日…"), ("hello", 1, "…"),
        ("", 3, ""),
    ])
    func `a text is cut to its columns`(text: String, columns: Int, cut: String) {
        #expect(TextWidth.cut(text, to: columns) == cut)
    }
}
