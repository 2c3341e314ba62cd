/// The escape sequences that are written here (ECMA-48 §8.3).
public enum Escape {
    public static let dim = "\u{1B}[2m"
    public static let plain = "\u{1B}[0m"
    public static let clearBelow = "\u{1B}[J"
    public static let clearScreen = "\u{1B}[H\u{1B}[2J"

    static func up(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)A" : "" }
    static func down(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)B" : "" }
    static func right(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)C" : "" }
    static func left(_ count: Int) -> String { count > 0 ? "\u{1B}[\(count)D" : "" }

    /// The text dimmed; nothing of it is left open.
    public static func dimmed(_ text: String) -> String { text.isEmpty ? "" : dim + text + plain }
}
