/// Something that was asked for and did not happen as asked, though the request is served.
public struct ServingWarning: Sendable, Hashable {
    /// The field as the client wrote it, such as `metadata` or `stream_options.include_obfuscation`.
    public var parameter: String
    public var message: String

    public init(parameter: String, message: String) {
        self.parameter = parameter
        self.message = message
    }
}
