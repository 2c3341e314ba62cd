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
    // OpenSSL counts its users with atomics, and nothing changes it once it is handed out.
    private nonisolated(unsafe) let context: OpaquePointer
    /// The contexts, this one first and nil last, of which one is chosen by the name that a client asks for.
    private nonisolated(unsafe) var choices: UnsafeMutablePointer<OpaquePointer?>?

    private init(_ role: Role) throws(TLSError) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let context = unsafe SSL_CTX_new(method) else { throw .last("TLS cannot be started") }
        self.role = role
        unsafe self.context = context
        guard unsafe openssl_configure(context) == 1 else { throw .last("TLS cannot be set up") }
    }

    deinit {
        if let choices = unsafe choices {
            var next = unsafe choices + 1
            while let other = unsafe next.pointee {
                unsafe SSL_CTX_free(other)
                unsafe next += 1
            }
            unsafe choices.deallocate()
        }
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
    ///   - identities: The server's certificates, at least one. A client that names a server gets the first that is of this
    ///     name, by itself or else by a wildcard; the first of all where none is, or no name was given.
    ///   - clientAuthority: The path of a PEM file with certificates of authorities: clients must then bring a
    ///     certificate of one of them. Nil asks for none.
    /// - Returns: The context of all connections that clients open from now on.
    /// - Throws: ``TLSError``, which names the file that cannot be used and why.
    public static func server(
        _ identities: [TLSIdentity], clientAuthority: String? = nil
    ) throws(TLSError) -> TLSContext {
        var contexts: [TLSContext] = []
        for identity in identities {
            contexts.append(try server(identity, clientAuthority: clientAuthority))
        }
        guard let first = contexts.first else { throw TLSError("no certificate") }
        if contexts.count > 1 { first.choose(among: contexts) }
        return first
    }

    private static func server(_ identity: TLSIdentity, clientAuthority: String?) throws(TLSError) -> TLSContext {
        let (certificate, key) = (identity.certificate, identity.key)
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

    /// Has connections of this context go on with that of the name that the client asks for. Called once, before the first.
    private func choose(among contexts: [TLSContext]) {
        let list = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: contexts.count + 1)
        for (index, other) in contexts.enumerated() {
            // The list counts as a user of each but this one, which must not keep itself.
            if other !== self { unsafe SSL_CTX_up_ref(other.context) }
            unsafe (list + index).initialize(to: other.context)
        }
        unsafe (list + contexts.count).initialize(to: nil)
        unsafe choices = list
        unsafe openssl_choose_among(context, list)
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
