/// Something that was asked for and will not happen as asked, though the request is served.
public struct ServingWarning: Sendable, Hashable {
    public var field: RequestField
    public var message: String

    public init(field: RequestField, message: String) {
        self.field = field
        self.message = message
    }
}
