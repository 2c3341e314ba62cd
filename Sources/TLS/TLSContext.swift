internal import COpenSSL

/// What connections of one kind have in common: versions, certificates, and whom they trust. Immutable; a connection
/// keeps the context that it began with.
@safe
public final class TLSContext: Sendable {
    /// Which side of a connection.
    enum Role: Sendable {
        case server
        case client
    }

    let role: Role
    // OpenSSL counts its users with atomics, and nothing changes it after the initialiser.
    private nonisolated(unsafe) let context: OpaquePointer

    private init(_ role: Role) throws(TLSError) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let context = unsafe SSL_CTX_new(method) else { throw .last("TLS cannot be started") }
        self.role = role
        unsafe self.context = context
        guard unsafe openssl_configure(context) == 1 else { throw .last("TLS cannot be set up") }
    }

    deinit {
        unsafe SSL_CTX_free(context)
    }

    /// A new connection's state.
    func makeConnection() -> OpaquePointer? {
        unsafe SSL_new(context)
    }
}

extension TLSContext {
    /// A server's side.
    ///
    /// - Parameters:
    ///   - certificate: The path of a PEM file: the server's certificate, then those that lead to its root.
    ///   - key: The path of a PEM file with the certificate's private key, not encrypted.
    ///   - clientAuthority: The path of a PEM file with certificates of authorities: clients must then bring a
    ///     certificate of one of them. Nil asks for none.
    /// - Returns: The context of all connections that clients open from now on.
    /// - Throws: ``TLSError``, which names the file that cannot be used and why.
    public static func server(
        certificate: String, key: String, clientAuthority: String? = nil
    ) throws(TLSError) -> TLSContext {
        let made = try TLSContext(.server)
        let context = unsafe made.context
        unsafe openssl_ask_nobody(context)
        unsafe openssl_speak_http(context)
        ERR_clear_error()
        // The key first: a certificate that does not fit it is then told apart from a file that is no key.
        guard unsafe SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1 else {
            throw .last("\(key): no private key in PEM form without a passphrase")
        }
        guard unsafe SSL_CTX_use_certificate_chain_file(context, certificate) == 1 else {
            throw .last("\(certificate): no certificate in PEM form")
        }
        guard unsafe SSL_CTX_check_private_key(context) == 1 else {
            throw .last("\(key): no key of the certificate in \(certificate)")
        }
        if let clientAuthority { try made.askForCertificates(of: clientAuthority) }
        return made
    }

    /// A client's side. The server must prove its name.
    ///
    /// - Parameters:
    ///   - authority: The path of a PEM file with certificates to trust; nil trusts those that the system trusts.
    ///   - isUnverified: Takes any certificate at all, so that nothing is known about who answers.
    /// - Returns: The context of connections that are opened here.
    /// - Throws: ``TLSError`` where the file cannot be used.
    public static func client(authority: String? = nil, isUnverified: Bool = false) throws(TLSError) -> TLSContext {
        let made = try TLSContext(.client)
        let context = unsafe made.context
        ERR_clear_error()
        if let authority {
            guard unsafe SSL_CTX_load_verify_locations(context, authority, nil) == 1 else {
                throw .last("\(authority): no certificates in PEM form")
            }
        } else {
            guard unsafe SSL_CTX_set_default_verify_paths(context) == 1 else {
                throw .last("the system's certificates")
            }
        }
        unsafe SSL_CTX_set_verify(context, isUnverified ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nil)
        return made
    }

    private func askForCertificates(of authority: String) throws(TLSError) {
        guard unsafe SSL_CTX_load_verify_locations(context, authority, nil) == 1,
            let names = unsafe SSL_load_client_CA_file(authority)
        else {
            throw .last("\(authority): no certificates in PEM form")
        }
        // The context takes the list over; its names help clients choose.
        unsafe SSL_CTX_set_client_CA_list(context, names)
        unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        // A ticket of a connection with a certificate is for this server alone.
        let name = Array("ponder".utf8)
        guard unsafe SSL_CTX_set_session_id_context(context, name, UInt32(name.count)) == 1 else {
            throw .last("TLS cannot be set up")
        }
    }
}
