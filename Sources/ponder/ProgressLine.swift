import Foundation
import Terminal

/// One line of a terminal that says what goes on now, and is gone afterwards. Nothing where standard error is no terminal.
///
/// It is cut where the terminal would break it: of a broken line only the last piece could be taken away.
struct ProgressLine: Sendable {
    private let isShown = isatty(STDERR_FILENO) == 1

    /// How many columns there are now, as windows change their size.
    static var columns: Int { max(1, TerminalDevice.errorColumns - 1) }

    func show(_ text: String) {
        write("\r\u{1B}[K" + TextWidth.cut(text, to: Self.columns))
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
        let count = "\(done)/\(total)"
        let room = ProgressLine.columns - TextWidth.of(text) - TextWidth.of(count) - 4
        let share = total > 0 ? Double(done) / Double(total) : 0
        let parts = [text, Self.bar(share, columns: min(Self.width, room)), count]
        line.show(parts.filter { !$0.isEmpty }.joined(separator: "  "))
    }

    func clear() {
        line.clear()
    }

    /// A bar of so many columns, filled by a share from 0 to 1; none where it would be too short to tell anything.
    static func bar(_ share: Double, columns: Int) -> String {
        guard columns >= 4 else { return "" }
        let filled = min(columns, max(0, Int(share * Double(columns))))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: columns - filled)
    }
}
