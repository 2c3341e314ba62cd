/// Why a setting cannot be used: one line that names it, where it stands, its value and what is expected.
struct SettingsError: Error, Equatable, CustomStringConvertible {
    var description: String

    /// A value that was understood as text and is not what the setting takes.
    ///
    /// - Parameters:
    ///   - place: The setting as its source writes it, such as `--port` or `PONDER_PORT`.
    ///   - value: The text found; nil where it must stay secret.
    ///   - expectation: What is accepted, such as `a whole number from 0 to 65535`.
    init(place: String, value: String?, expectation: String) {
        let found = value.map { " is '\($0)'" } ?? " is not usable"
        description = "\(place)\(found); expected \(expectation)"
    }

    init(_ description: String) {
        self.description = description
    }
}
