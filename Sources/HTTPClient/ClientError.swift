/// Why a request got no answer, or none that can be read: one line.
public struct ClientError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    public init(_ description: String) {
        self.description = description
    }
}
