/// Why a checkpoint cannot become a model, or a model cannot get its memory: one line that names the field and the value.
public struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String

    public init(_ message: String) {
        self.message = message
    }

    public var description: String { message }
}
