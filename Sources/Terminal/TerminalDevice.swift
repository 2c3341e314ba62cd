internal import CLinux
internal import Glibc

/// How many characters fit.
public struct TerminalSize: Hashable, Sendable {
    public var columns: Int
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// The terminal of standard input and output.
public enum TerminalDevice {
    /// Whether standard input comes from a person.
    public static var readsTerminal: Bool { isatty(STDIN_FILENO) == 1 }

    /// Whether standard output goes to a terminal that knows escape sequences.
    public static var writesTerminal: Bool {
        guard isatty(STDOUT_FILENO) == 1 else { return false }
        return unsafe getenv("TERM").map { unsafe String(cString: $0) } != "dumb"
    }

    /// Of standard output; 80 by 24 where the system does not say.
    public static var size: TerminalSize { size(of: STDOUT_FILENO) }

    /// The width of the terminal of standard error; 80 where the system does not say.
    public static var errorColumns: Int { size(of: STDERR_FILENO).columns }

    private static func size(of descriptor: Int32) -> TerminalSize {
        var columns: Int32 = 0
        var rows: Int32 = 0
        let status = unsafe linux_terminal_size(descriptor, &columns, &rows)
        guard status == 0, columns > 0, rows > 0 else { return TerminalSize(columns: 80, rows: 24) }
        return TerminalSize(columns: Int(columns), rows: Int(rows))
    }

    /// Reads single keys from now on. However the process ends, the mode comes back.
    public static func takeOver() {
        _ = linux_terminal_take_over()
    }

    /// Back to the mode from before.
    public static func restore() {
        linux_terminal_restore()
    }

    /// Hands the terminal to the shell until it continues this process.
    public static func suspend() {
        restore()
        _ = kill(0, SIGTSTP)
        // The signal may need a moment to stop every thread; where nobody could continue us, it stops none.
        usleep(50_000)
        takeOver()
    }
}
