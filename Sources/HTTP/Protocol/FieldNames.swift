internal import HTTPTypes

extension HTTPField.Name {
    /// `host`, which swift-http-types otherwise keeps for the authority.
    static let host = constant("host")
    /// `x-request-id`.
    static let requestID = constant("x-request-id")
    /// `x-accel-buffering`, which tells nginx not to hold a response back.
    static let accelBuffering = constant("x-accel-buffering")

    private static func constant(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("not a field name: \(name)") }
        return name
    }
}
