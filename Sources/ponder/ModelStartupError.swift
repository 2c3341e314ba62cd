/// Why a model cannot be served, although its files are whole: one line that names the place and what is missing.
struct ModelStartupError: Error, Equatable, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
