/// What a person did at the keyboard, by what it means to a line editor. Emacs's bindings, as readline has them.
public enum Key: Hashable, Sendable {
    /// Typed text, without control characters.
    case text(String)
    /// Text from the clipboard; line ends are `\n`.
    case paste(String)
    /// Enter.
    case enter
    /// Alt-Enter or Shift-Enter: a line end inside the text.
    case newline
    case tab
    case backspace, delete
    case left, right, up, down, home, end
    case wordLeft, wordRight
    case deleteWordBefore, deleteWordAfter, deleteToStart, deleteToEnd
    /// Puts back what was deleted last.
    case yank
    /// Ctrl-C.
    case interrupt
    /// Ctrl-D: the end of input, or delete.
    case endOfInput
    /// Ctrl-Z.
    case suspend
    /// Ctrl-L.
    case clearScreen
    /// Ctrl-R: looks for what was entered before; again, for what was before that.
    case searchHistory
    /// Ctrl-G: leaves a search.
    case abort
}
