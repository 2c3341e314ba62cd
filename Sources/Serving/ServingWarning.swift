/// Something that was asked for and will not happen as asked, though the request is served.
public struct ServingWarning: Sendable, Hashable {
    public var field: RequestField
    /// The member of the field that it is about; nil where it is about all of it.
    public var member: String?
    public var message: String

    public init(field: RequestField, member: String? = nil, message: String) {
        self.field = field
        self.member = member
        self.message = message
    }
}
