/// Why an output cannot be held to what was asked for.
public struct ConstraintError: Error, Hashable, Sendable {
    /// Where in the schema, expression or grammar the cause is, such as `properties.name.pattern`; empty for the whole.
    public var place: String
    /// A full sentence.
    public var message: String

    /// An error at a place.
    public init(place: String = "", message: String) {
        self.place = place
        self.message = message
    }
}

extension ConstraintError: CustomStringConvertible {
    public var description: String { message }
}
