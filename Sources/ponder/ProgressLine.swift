import Foundation

/// One line of a terminal that says what goes on now, and is gone afterwards. Nothing where standard error is no terminal.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1

    func show(_ text: String) {
        write("\r\u{1B}[K" + text)
    }

    func clear() {
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        guard isShown else { return }
        DescriptorWriting.write(text, to: STDERR_FILENO)
    }
}

/// A progress line with a bar, for work that is counted.
struct ProgressBar: Sendable {
    private let line = ProgressLine()
    private static let width = 30

    func show(_ text: String, done: Int, of total: Int) {
        let filled = total > 0 ? min(done, total) * Self.width / total : 0
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        line.show("\(text)  \(bar)  \(done)/\(total)")
    }

    func clear() {
        line.clear()
    }
}
