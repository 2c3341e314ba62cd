/// Where a server's certificate and its private key are.
public struct TLSIdentity: Hashable, Sendable {
    /// The path of a PEM file: the server's certificate, then those that lead to its root.
    public var certificate: String
    /// The path of a PEM file with the certificate's private key, not encrypted.
    public var key: String

    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}
