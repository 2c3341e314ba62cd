/// Text of others, made safe to write to a terminal.
///
/// A model, a server or a file may hold escape sequences, which could move the cursor, change the title or worse.
public enum SafeText {
    /// The text with its control characters but line ends and tabs replaced by U+FFFD.
    public static func forTerminal(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isReplaced) else { return text }
        var safe = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            safe.append(isReplaced(scalar) ? "\u{FFFD}" : scalar)
        }
        return String(safe)
    }

    /// The text on one line, for messages.
    public static func line(_ text: String) -> String {
        forTerminal(text).split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// Whether a character begins with a control character: C0, DEL or C1.
    static func isControl(_ character: Character) -> Bool {
        character.unicodeScalars.first.map { $0.properties.generalCategory == .control } ?? false
    }

    private static func isReplaced(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
}
